"""The use cases of waiting for a task: for its end, or for everything on the way. A lost live message delays them, and
never hangs (docs/adr/0005-feeds-listen-to-stored-results.md)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable

from broker_gateway.application.commands import Caller, Refusal, SubmitTaskCommand, TaskDTO, UnknownTask
from broker_gateway.application.lookup import TaskLookup
from broker_gateway.application.ports import Feed, LiveFeed, ResultStore
from broker_gateway.application.settings import WaitSettings
from broker_gateway.application.submission import Admitted, Submission
from broker_gateway.domain.task_id import TaskId
from chassis.errors import BusUnavailableError
from schemas.execution import Execution, OutputChunk, ResultMessage
from schemas.status import Status


class Waiting:
    """The use cases: submit and wait, and watch."""

    def __init__(
        self,
        *,
        submission: Submission,
        lookup: TaskLookup,
        results: ResultStore,
        feeds: LiveFeed,
        settings: WaitSettings,
    ) -> None:
        self._submission = submission
        self._lookup = lookup
        self._results = results
        self._feeds = feeds
        self._settings = settings

    async def execute(self, command: SubmitTaskCommand) -> Execution | Refusal:
        """Submits a task and waits for its result. Cancelling the call does not cancel the task. Raises
        BusUnavailableError."""
        admitted = self._submission.admit(command)
        if not isinstance(admitted, Admitted):
            return admitted
        task_id = admitted.id.value
        feed = await self._feeds.open(task_id, results_only=True)
        try:
            entered = await self._submission.enter(admitted)
            if not isinstance(entered, TaskDTO):
                return entered
            stored = None if entered.is_new else await self._stored(task_id)
            return stored or await self._end(feed, task_id)
        finally:
            await feed.close()

    async def _end(self, feed: Feed, task_id: str) -> Execution:
        lookups = _Lookups(self._settings.lookups_failed)
        while True:
            item = await feed.next(self._settings.lookup_every_s)
            if isinstance(item, ResultMessage):
                return item.execution
            if item is None:
                stored = await lookups.tried(self._stored(task_id))
                if stored is not None:
                    return stored

    async def _stored(self, task_id: str) -> Execution | None:
        result = await self._results.find(task_id)
        return result.execution if result is not None else None

    async def watch(self, task_id: str, caller: Caller) -> AsyncGenerator[Execution | OutputChunk | UnknownTask, None]:
        """The task's state now, every change, all live output; ends with the result, or with UnknownTask as its only
        item. Subscribes before it looks the state up, so that nothing falls between. Raises BusUnavailableError."""
        name = TaskId.parse(task_id)
        if name is None:
            yield UnknownTask(task_id)
            return
        feed = await self._feeds.open(task_id)
        try:
            known = await self._lookup.find(name, caller)
            if known is None:
                yield UnknownTask(task_id)
                return
            yield known
            lookups = _Lookups(self._settings.lookups_failed)
            while not known.status.is_final:
                item = await feed.next(self._settings.lookup_every_s)
                if isinstance(item, OutputChunk):
                    yield item
                    continue
                state = await lookups.tried(self._state(name, item, caller))
                if state is not None and is_news(state, known):
                    known = state
                    yield known
        finally:
            await feed.close()

    async def _state(self, name: TaskId, item: Execution | ResultMessage | None, caller: Caller) -> Execution | None:
        """The state that an item tells of. A final event has no output: the stored result is taken instead."""
        if isinstance(item, ResultMessage):
            return item.execution
        if item is None:
            return await self._lookup.find(name, caller)
        return await self._stored(name.value) if item.status.is_final else item


class _Lookups:
    """The look-ups of one caller who waits already: a bus that is away for a moment must not end the call."""

    def __init__(self, max_failed: int) -> None:
        self._max_failed = max_failed
        self._failed = 0

    async def tried(self, lookup: Awaitable[Execution | None]) -> Execution | None:
        """What was found; None also where the bus did not answer. Raises BusUnavailableError for the last of too many
        failures in a row."""
        try:
            found = await lookup
        except BusUnavailableError:
            self._failed += 1
            if self._failed >= self._max_failed:
                raise
            return None
        self._failed = 0
        return found


def is_news(new: Execution, known: Execution) -> bool:
    """True for a state that tells something new; false for one that comes again, or late: QUEUED after RUNNING, an
    attempt before the one known."""
    if new.status.is_final:
        return not known.status.is_final
    return (new.attempt, new.status is Status.RUNNING) > (known.attempt, known.status is Status.RUNNING)
