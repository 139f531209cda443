"""The use case of submitting a task and waiting for its end. A lost live message delays it, and it never hangs
(docs/adr/0005-feeds-listen-to-stored-results.md)."""

from __future__ import annotations

from broker_gateway.application.commands import (
    Lasts,
    NotKnownAnyMore,
    OnAccepted,
    Refusal,
    SubmitTaskCommand,
    TaskDTO,
    lasts_for_ever,
)
from broker_gateway.application.lookups import Lookups
from broker_gateway.application.ports import Feed, LiveFeed, ResultStore
from broker_gateway.application.settings import WaitSettings
from broker_gateway.application.submission import Admitted, Submission
from schemas.execution import Execution, ResultMessage


class Waiting:
    """The use case."""

    def __init__(
        self,
        *,
        submission: Submission,
        results: ResultStore,
        feeds: LiveFeed,
        settings: WaitSettings,
    ) -> None:
        self._submission = submission
        self._results = results
        self._feeds = feeds
        self._settings = settings

    async def execute(
        self, command: SubmitTaskCommand, lasts: Lasts = lasts_for_ever, on_accepted: OnAccepted = lambda _id: None
    ) -> Execution | Refusal | NotKnownAnyMore:
        """Submits a task and waits for its result. Cancelling the call does not cancel the task, nor does a caller who
        is not known any more, as ``lasts`` says. ``on_accepted`` is told the task's id before it is waited for. Raises
        BusUnavailableError."""
        admitted = await self._submission.admitted(command)
        if not isinstance(admitted, Admitted):
            return admitted
        task_id = admitted.id.value
        async with _LateFeed(self._feeds, task_id) as feed:
            entered = await self._submission.enter(admitted, before_queue=feed.open)
            if not isinstance(entered, TaskDTO):
                return entered
            on_accepted(task_id)
            if entered.execution is not None and entered.is_new:
                return entered.execution
            stored = None if entered.is_new else await self._stored(task_id)
            return stored or await self._end(await feed.open(), task_id, lasts)

    async def _end(self, feed: Feed, task_id: str, lasts: Lasts) -> Execution | NotKnownAnyMore:
        lookups = Lookups(self._settings)
        while True:
            item = await feed.next(self._settings.lookup_every_s)
            if not await lasts():
                return NotKnownAnyMore()
            if isinstance(item, ResultMessage):
                return item.execution
            if item is None and lookups.is_due(has_gap=feed.has_gap()):
                stored = await lookups.tried(self._stored(task_id))
                if stored is not None:
                    return stored

    async def _stored(self, task_id: str) -> Execution | None:
        result = await self._results.find(task_id)
        return result.execution if result is not None else None


class _LateFeed:
    """A feed that is opened when there is something to wait for: most of a kept answer's time would be its own."""

    def __init__(self, feeds: LiveFeed, task_id: str) -> None:
        self._feeds = feeds
        self._task_id = task_id
        self._feed: Feed | None = None

    async def __aenter__(self) -> _LateFeed:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._feed is not None:
            await self._feed.close()

    async def open(self) -> Feed:
        """Opens it, once. Raises BusUnavailableError."""
        if self._feed is None:
            self._feed = await self._feeds.open(self._task_id, results_only=True)
        return self._feed
