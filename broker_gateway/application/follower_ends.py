"""How one task ends that waits for the outcome of another: with it, or in a queue from which nodes take."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.ports import History, QueueFullError, ResultStore, TaskQueue
from broker_gateway.application.queue_ports import TaskMover
from broker_gateway.domain.execution_task import ExecutionTask
from broker_gateway.domain.scheduler import NobodyServes, needs_of
from schemas.execution import Execution, ResultMessage
from schemas.names import POOL_OF_FOLLOWERS
from schemas.task import TaskMessage

_RETRY_MS = 1000


class FollowerEnds:
    """Ends followers. All of it may be done twice, by two gateways at once: one of them is heard. Every method raises
    BusUnavailableError."""

    def __init__(
        self,
        *,
        queue: TaskQueue,
        mover: TaskMover,
        results: ResultStore,
        history: History,
        nodes: LiveNodes,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._queue = queue
        self._mover = mover
        self._results = results
        self._history = history
        self._nodes = nodes
        self._now_ms = now_ms

    async def waiting(self, task_id: str) -> TaskMessage | None:
        """The follower's message, where it still waits."""
        message = await self._queue.find(task_id)
        return message if message is not None and message.pool == POOL_OF_FOLLOWERS else None

    async def end(self, task_id: str, made: Execution) -> None:
        """Ends it with that outcome. The result first, then the message: a gateway that dies in between leaves a
        follower whose result stays."""
        message = await self.waiting(task_id)
        if message is None:
            return
        ended = ExecutionTask.found(message).answered(made, self._now_ms())
        bare = msgspec.structs.replace(message, answer="", keeps_answer=False)
        is_ours = await self._results.store(ResultMessage.of(ended, bare))
        await self._queue.remove(task_id)
        if is_ours:
            self._history.record(ended, message)

    async def release(self, task_id: str) -> None:
        """Puts it where nodes take it. Raises QueueFullError, also where no node serves it just now."""
        message = await self.waiting(task_id)
        if message is None:
            return
        placement = self._nodes.scheduler().place(needs_of(message, message.checker))
        if isinstance(placement, NobodyServes):
            raise QueueFullError(placement.message, _RETRY_MS)
        waiting = {one.pool: await self._queue.waiting(one.pool, message.priority) for one in placement.pools}
        await self._mover.move(message, placement.pool(waiting))
