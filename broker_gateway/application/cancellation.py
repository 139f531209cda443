"""The use case of cancelling a task, in whatever state it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import Caller, Cancellation, UnknownTask
from broker_gateway.application.lookup import TaskLookup
from broker_gateway.application.ports import History, LiveFeed, NodeControl, ResultStore, TaskQueue
from broker_gateway.application.settings import CancelSettings
from broker_gateway.domain.execution_task import ExecutionTask, cancelled
from broker_gateway.domain.task_id import TaskId
from schemas.execution import Execution, ResultMessage
from schemas.status import Status
from schemas.task import TaskMessage

REASON = "cancelled on request"
ANYBODY = Caller(sees_all=True)
"""For a task whose caller was looked at before."""

_T = TypeVar("_T")


class Cancelling:
    """The use case: a task that a node runs is killed there, any other one gets its result from the gateway."""

    def __init__(
        self,
        *,
        lookup: TaskLookup,
        queue: TaskQueue,
        results: ResultStore,
        history: History,
        feeds: LiveFeed,
        nodes: NodeControl,
        settings: CancelSettings,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._lookup = lookup
        self._queue = queue
        self._results = results
        self._history = history
        self._feeds = feeds
        self._nodes = nodes
        self._settings = settings
        self._now_ms = now_ms
        self._running: set[asyncio.Task[object]] = set()

    async def cancel(self, task_id: str, caller: Caller) -> Cancellation | UnknownTask:
        """Cancels the task. One that a node runs is killed there, so that its partial output is kept; any other ends
        here. A caller who goes away does not leave it half done. Raises BusUnavailableError."""
        name = TaskId.parse(task_id)
        known = await self._lookup.find(name, caller) if name is not None else None
        if known is None:
            return UnknownTask(task_id)
        if known.status.is_final:
            return await self._too_late(known)
        result = await self._end_on_node(known)
        if result is not None:
            return Cancellation(result, cancelled=result.status is Status.CANCELLED)
        return await asyncio.shield(self._keep(self._end_here(known)))

    async def _too_late(self, known: Execution) -> Cancellation:
        if known.status is Status.CANCELLED:
            await self._queue.remove(known.id)  # a cancellation that failed half-way is completed by the next
        return Cancellation(known, cancelled=False)

    async def _end_on_node(self, known: Execution) -> Execution | None:
        """The result, if a node said that it kills the task and the result came in time."""
        is_running = known.status is Status.RUNNING
        answer_s = self._settings.node_answer_s if is_running else self._settings.queued_probe_s
        feed = await self._feeds.open(known.id, results_only=True)
        try:
            if await self._nodes.cancel(known.id, REASON, answer_s) is None:
                return None
            item = await feed.next(self._settings.result_wait_s)
        finally:
            await feed.close()
        result = item if isinstance(item, ResultMessage) else await self._results.find(known.id)
        return result.execution if result is not None else None

    async def _end_here(self, known: Execution) -> Cancellation:
        """Stores the result first, then removes the message: between the two the task can be run in vain, but it is
        never lost."""
        message = await self._queue.find(known.id)
        if message is None:
            known = await self._lookup.find(TaskId(known.id), ANYBODY) or known
            if known.status.is_final:
                return Cancellation(known, cancelled=False)
        result = self._cancelled(known, message)
        is_ours = await self._results.store(result)
        await self._queue.remove(known.id)
        if not is_ours:
            return Cancellation(await self._lookup.find(TaskId(known.id), ANYBODY) or known, cancelled=False)
        if message is not None:
            self._history.record(result.execution, message)
        self._keep(self._stop_late_start(known.id))
        return Cancellation(result.execution, cancelled=True)

    def _cancelled(self, known: Execution, message: TaskMessage | None) -> ResultMessage:
        now_ms = self._now_ms()
        if message is not None:
            return ExecutionTask.found(message, known).cancelled(now_ms, REASON)
        return ResultMessage.of(cancelled(known, now_ms, REASON), None)

    async def _stop_late_start(self, task_id: str) -> None:
        """Has the task killed once more: a node may have taken it just before its message went."""
        await self._nodes.cancel(task_id, REASON, self._settings.node_answer_s)

    def _keep(self, work: Coroutine[object, object, _T]) -> asyncio.Task[_T]:
        """Work that runs to its end whatever becomes of the caller."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task
