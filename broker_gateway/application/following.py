"""The use case of tasks that wait for the outcome of another one like them (docs/adr/0022-kept-answers.md).

They stand in a queue from which no node takes, so that they outlive every gateway. Each gateway looks after those that
it accepted, and a while later after those that it found there, whoever had accepted them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeGuard

import structlog

from broker_gateway.application.answer_keeping import NOBODYS_DOING, is_answer
from broker_gateway.application.answer_ports import AnswerStore, FoundAnswer
from broker_gateway.application.follower_ends import FollowerEnds
from broker_gateway.application.ports import History, LiveFeed, QueueFullError, ResultStore, TaskQueue
from broker_gateway.application.settings import FollowSettings
from chassis.backoff import Backoff, Failures
from chassis.errors import BusUnavailableError
from schemas.answers import KeptAnswer
from schemas.execution import Execution, OutputChunk, ResultMessage
from schemas.task import TaskMessage

_PAUSE = Backoff(base_s=0.1, max_s=2.0)
_log = structlog.get_logger(__name__)

News = Execution | OutputChunk | ResultMessage | None


def _tells(news: News) -> TypeGuard[ResultMessage | Execution]:
    """True for a result, and for the state of a task that runs and will not do for others."""
    return isinstance(news, ResultMessage) or (isinstance(news, Execution) and bool(news.not_kept))


class _Group:
    """The followers of one key."""

    def __init__(self, key: str, key_of: dict[str, str]) -> None:
        """``key_of``: of the followers of all groups."""
        self.ids: dict[str, bool] = {}
        """In the order in which they came; True for those that this gateway accepted."""
        self.orphaned_at: float | None = None
        """When it was first seen that the task which they follow is nowhere."""
        self._key = key
        self._key_of = key_of

    def add(self, task_id: str, *, is_ours: bool) -> None:
        self.ids.setdefault(task_id, is_ours)
        self._key_of[task_id] = self._key

    def drop(self, task_id: str) -> None:
        self.ids.pop(task_id, None)
        self._key_of.pop(task_id, None)


class Following:
    """The use case; closed with ``close``."""

    def __init__(
        self,
        *,
        answers: AnswerStore,
        queue: TaskQueue,
        results: ResultStore,
        history: History,
        feeds: LiveFeed,
        ends: FollowerEnds,
        settings: FollowSettings,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._answers = answers
        self._queue = queue
        self._results = results
        self._history = history
        self._feeds = feeds
        self._ends = ends
        self._settings = settings
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._groups: dict[str, _Group] = {}
        self._key_of: dict[str, str] = {}
        """Follower to its group."""
        self._tasks: set[asyncio.Task[None]] = set()

    def accepted(self, task: TaskMessage) -> None:
        """Looks after a follower that this gateway has put into its queue."""
        self._note(task.answer, task.id, is_ours=True)

    def found(self, task_id: str, key: str) -> None:
        """Looks after a follower that was found in its queue."""
        self._note(key, task_id, is_ours=False)

    async def leader_of(self, task_id: str) -> str | None:
        """The task whose outcome this one waits for; None where it waits for none. Raises BusUnavailableError."""
        key = self._key_of.get(task_id)
        found = await self._answers.find(key) if key is not None else None
        return found.kept.task_id if found is not None and found.kept.task_id != task_id else None

    async def close(self) -> None:
        """Looks after nobody any more; those that wait are found again by another gateway, or the next life of this
        one."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _note(self, key: str, task_id: str, *, is_ours: bool) -> None:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(key, self._key_of)
            task = asyncio.create_task(self._look_after(key, group), name="followers")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        group.add(task_id, is_ours=is_ours)

    async def _look_after(self, key: str, group: _Group) -> None:
        """Until none is left."""
        failures = Failures(_PAUSE)
        try:
            while group.ids:
                try:
                    await self._step(key, group)
                    failures.reset()
                except (BusUnavailableError, QueueFullError) as error:
                    _log.info("followers_wait", key=key, followers=len(group.ids), error=str(error))
                    await asyncio.sleep(failures.next_s())
                except Exception as error:  # noqa: BLE001 - whatever it is: who is not looked after waits for ever
                    _log.error("followers_failed", key=key, followers=len(group.ids), exc_info=error)
                    await asyncio.sleep(failures.next_s())
        finally:
            del self._groups[key]
            for task_id in list(group.ids):
                group.drop(task_id)

    async def _step(self, key: str, group: _Group) -> None:
        found = await self._answers.find(key)
        if found is None or found.kept.reason:
            await self._release(group, list(group.ids))
        elif found.kept.execution is not None:
            await self._end(group, ResultMessage(execution=found.kept.execution, callback=None, client=""))
        elif found.kept.task_id in group.ids:  # it was to lead, and its gateway went no further
            await self._release(group, [found.kept.task_id])
        else:
            await self._after_leader(key, group, found)

    async def _after_leader(self, key: str, group: _Group, found: FoundAnswer) -> None:
        leader = found.kept.task_id
        news = await self._news_of(leader)
        if news is None:
            if await self._is_orphaned(leader, group):
                await self._succeed(key, group, found)
        elif isinstance(news, ResultMessage) and is_answer(news, key):
            await self._end(group, news)
        elif isinstance(news, ResultMessage) and news.execution.status in NOBODYS_DOING:
            await self._succeed(key, group, found)
        else:
            await self._release(group, list(group.ids))

    async def _news_of(self, leader: str) -> ResultMessage | Execution | None:
        """The leader's result, waited for a while, or its state where that says that it will not do for others.
        Subscribes before it looks, so that nothing falls between."""
        feed = await self._feeds.open(leader)
        try:
            news: News = await self._results.find(leader) or await self._history.latest(leader)
            until = self._clock() + self._settings.look_every_s
            while not _tells(news) and (left_s := until - self._clock()) > 0:
                news = await feed.next(left_s)
        finally:
            await feed.close()
        return news if _tells(news) else await self._results.find(leader)

    async def _is_orphaned(self, leader: str, group: _Group) -> bool:
        """True where the leader has been nowhere for a while: its gateway died before it had queued it, or its result
        is too old to be there."""
        if await self._queue.find(leader) is not None or await self._results.find(leader) is not None:
            group.orphaned_at = None
            return False
        if group.orphaned_at is None:
            group.orphaned_at = self._clock()
        return self._clock() - group.orphaned_at >= self._settings.orphaned_s

    async def _succeed(self, key: str, group: _Group, found: FoundAnswer) -> None:
        """The first follower that may takes the leader's place; the others follow it. Where none may, all run."""
        for task_id in list(group.ids):
            message = await self._ends.waiting(task_id)
            if message is None:
                group.drop(task_id)
            elif message.keeps_answer:
                kept = KeptAnswer(task_id=task_id, digests=found.kept.digests)
                if await self._answers.put(key, kept, after=found.revision):
                    group.orphaned_at = None
                    await self._release(group, [task_id])
                return
        await self._release(group, list(group.ids))

    async def _end(self, group: _Group, result: ResultMessage) -> None:
        """Ends all followers with this outcome, our own first: what others accepted they have ended by then."""
        ours = [task_id for task_id, is_ours in group.ids.items() if is_ours]
        await self._each(group, ours, lambda task_id: self._ends.end(task_id, result.execution))
        if group.ids:
            await asyncio.sleep(self._settings.others_s)
            await self._each(group, list(group.ids), lambda task_id: self._ends.end(task_id, result.execution))

    async def _release(self, group: _Group, ids: Sequence[str]) -> None:
        """Has them run by themselves."""
        await self._each(group, ids, self._ends.release)

    async def _each(self, group: _Group, ids: Sequence[str], settle: Callable[[str], Awaitable[None]]) -> None:
        at_once = self._settings.at_once
        for start in range(0, len(ids), at_once):
            part = ids[start : start + at_once]
            await asyncio.gather(*(settle(task_id) for task_id in part))
            for task_id in part:
                group.drop(task_id)
