"""The look-up of a task, wherever on the bus it is now."""

from __future__ import annotations

from broker_gateway.application.ports import History, ResultStore, TaskQueue
from broker_gateway.domain.execution_task import ExecutionTask
from broker_gateway.domain.task_id import TaskId
from schemas.execution import Execution


class TaskLookup:
    """The use case of finding a task by its id: stored result first, then the events, then the queue itself."""

    def __init__(self, *, results: ResultStore, history: History, queue: TaskQueue) -> None:
        self._results = results
        self._history = history
        self._queue = queue

    async def find(self, task_id: TaskId) -> Execution | None:
        """The task's newest state, or None for an unknown id. Raises BusUnavailableError."""
        stored = await self._results.find(task_id.value)
        if stored is not None:
            return stored.execution
        latest = await self._history.latest(task_id.value)
        if latest is not None and not latest.status.is_final:
            return latest
        if latest is None:
            message = await self._queue.find(task_id.value)
            if message is not None:
                return ExecutionTask.found(message).known
        return await self._ended_meanwhile(task_id) or latest

    async def _ended_meanwhile(self, task_id: TaskId) -> Execution | None:
        """Its result may have been stored while the rest was searched."""
        stored = await self._results.find(task_id.value)
        return stored.execution if stored is not None else None
