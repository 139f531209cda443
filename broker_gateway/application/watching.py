"""The use case of watching a task: everything that is told of it on the way to its end. A lost live message delays
that, and never hangs (docs/adr/0005-feeds-listen-to-stored-results.md)."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import msgspec

from broker_gateway.application.commands import (
    Caller,
    Lasts,
    NotKnownAnyMore,
    Refusal,
    SubmitTaskCommand,
    TaskDTO,
    UnknownTask,
    lasts_for_ever,
)
from broker_gateway.application.following import Following
from broker_gateway.application.lookup import TaskLookup
from broker_gateway.application.lookups import Lookups
from broker_gateway.application.ports import Feed, History, LiveFeed, ResultStore
from broker_gateway.application.replay import replayed
from broker_gateway.application.settings import WaitSettings
from broker_gateway.application.submission import Admitted, Submission
from broker_gateway.domain.task_id import TaskId
from schemas.execution import Execution, OutputChunk, ResultMessage
from schemas.status import Status

Item = Execution | OutputChunk
Watched = Item | UnknownTask | NotKnownAnyMore
"""What a watcher is told; of the last two one alone, and it is the last."""


class Watching:
    """The use case. Who waits for another task's outcome sees that task's output, and of a kept answer the output that
    was kept."""

    def __init__(
        self,
        *,
        submission: Submission,
        lookup: TaskLookup,
        results: ResultStore,
        history: History,
        feeds: LiveFeed,
        following: Following,
        settings: WaitSettings,
    ) -> None:
        self._submission = submission
        self._lookup = lookup
        self._results = results
        self._history = history
        self._feeds = feeds
        self._following = following
        self._settings = settings

    async def watch(self, task_id: str, caller: Caller, lasts: Lasts = lasts_for_ever) -> AsyncGenerator[Watched, None]:
        """The task's state now, every change, all live output; ends with the result, with UnknownTask as its only item,
        or with NotKnownAnyMore, ``lookup_every_s`` after ``lasts`` would say so. Subscribes before it looks the state
        up, so that nothing falls between. Raises BusUnavailableError."""
        name = TaskId.parse(task_id)
        if name is None:
            yield UnknownTask(task_id)
            return
        feed = await self._feeds.open(task_id)
        try:
            async for item in self._told(name, caller, feed, lasts):
                yield item
        finally:
            await feed.close()

    async def submit(
        self, command: SubmitTaskCommand, caller: Caller, lasts: Lasts = lasts_for_ever
    ) -> AsyncGenerator[Watched | Refusal, None]:
        """Submits a task and tells of it as ``watch`` does, from before it can run: nothing that it says is missed. A
        refusal is the only item. Raises BusUnavailableError."""
        admitted = await self._submission.admitted(command)
        del command  # it may last, and holds nothing of what was submitted
        if not isinstance(admitted, Admitted):
            yield admitted
            return
        name = admitted.id
        feed = await self._feeds.open(name.value)
        try:
            entered = await self._submission.enter(admitted)
            del admitted
            if not isinstance(entered, TaskDTO):
                yield entered
                return
            async for item in self._told(name, caller, feed, lasts):
                yield item
        finally:
            await feed.close()

    async def _told(self, name: TaskId, caller: Caller, feed: Feed, lasts: Lasts) -> AsyncGenerator[Watched, None]:
        """What a feed that is open brings of the task, and what it lacks."""
        known = await self._lookup.find(name, caller)
        if known is None:
            yield UnknownTask(name.value)
            return
        watch = _Watch(name, caller, feed)
        for item in watch.told(known):
            yield item
        await self._look_for_leader(watch)
        lookups = Lookups(self._settings)
        while not watch.is_over:
            news = await feed.next(self._settings.lookup_every_s)
            if not await lasts():
                yield NotKnownAnyMore()
                return
            if isinstance(news, OutputChunk):
                if watch.shows(news):
                    yield news
                continue
            if news is None and not lookups.is_due(has_gap=feed.has_gap()):
                await self._look_for_leader(watch)
                continue
            state = await lookups.tried(self._state(watch, news))
            for told in watch.told(state) if state is not None else ():
                yield told

    async def _state(self, watch: _Watch, item: Execution | ResultMessage | None) -> Execution | None:
        """The state that an item tells of. A final event has no output: the stored result is taken instead."""
        if item is None:
            await self._look_for_leader(watch)
            return await self._lookup.find(watch.name, watch.caller)
        if isinstance(item, ResultMessage):
            return item.execution if item.execution.id == watch.name.value else None
        if item.id != watch.name.value:
            return watch.as_its_leader(item)
        if not item.status.is_final:
            return item
        result = await self._results.find(watch.name.value)
        return result.execution if result is not None else None

    async def _look_for_leader(self, watch: _Watch) -> None:
        """Listens to the task whose outcome this one waits for, where it waits for one."""
        if not watch.waits:
            return
        leader = await self._following.leader_of(watch.name.value)
        if leader is None or leader == watch.leader:
            return
        watch.leader = leader
        await watch.feed.also(leader)
        state = await self._history.latest(leader)
        if state is not None:
            watch.as_its_leader(state)


class _Watch:
    """What one watcher has been told."""

    def __init__(self, name: TaskId, caller: Caller, feed: Feed) -> None:
        self.name = name
        self.caller = caller
        self.feed = feed
        self.leader = ""
        """The task whose output is this one's as well; empty where there is none."""
        self._known: Execution | None = None
        self._has_output = False

    @property
    def waits(self) -> bool:
        """True for a task that has not begun to run by itself."""
        return self._known is not None and self._known.status is Status.QUEUED

    @property
    def is_over(self) -> bool:
        return self._known is not None and self._known.status.is_final

    def shows(self, chunk: OutputChunk) -> bool:
        """True for a piece of output that is this task's; it is taken to be shown then."""
        is_its = chunk.id in (self.name.value, self.leader)
        self._has_output = self._has_output or is_its
        return is_its

    def told(self, state: Execution) -> list[Item]:
        """What is to be said of a state: nothing where it is no news, and the output before a kept answer of which
        nothing was seen."""
        if self._known is not None and not is_news(state, self._known):
            return []
        self._known = state
        if state.cached_at_ms and not self._has_output:
            return [*replayed(state), state]
        return [state]

    def as_its_leader(self, state: Execution) -> Execution | None:
        """The state of this task that a state of its leader tells. A leader that will not do for others is none."""
        if state.id != self.leader or self._known is None or state.status is not Status.RUNNING:
            return None
        if state.not_kept:
            self.leader = ""
            return None
        return msgspec.structs.replace(self._known, status=Status.RUNNING, node_id=state.node_id, attempt=state.attempt)


def is_news(new: Execution, known: Execution) -> bool:
    """True for a state that tells something new; false for one that comes again, or late: QUEUED after RUNNING, an
    attempt before the one known."""
    if new.status.is_final:
        return not known.status.is_final
    return (new.attempt, new.status is Status.RUNNING) > (known.attempt, known.status is Status.RUNNING)
