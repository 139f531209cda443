"""The look-up of a task, wherever on the bus it is now, or in the database once it has left the bus."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from broker_gateway.application.commands import Caller
from broker_gateway.application.history_ports import HistoryStore
from broker_gateway.application.ports import History, ResultStore, TaskQueue
from broker_gateway.domain.execution_task import ExecutionTask
from broker_gateway.domain.task_id import TaskId
from schemas.execution import Execution
from schemas.kept_source import KeptSource


class TaskLookup:
    """The use case of finding a task by its id: stored result first, then the events, then the queue itself, and last
    the database."""

    def __init__(
        self,
        *,
        results: ResultStore,
        history: History,
        queue: TaskQueue,
        past: HistoryStore | None = None,
        on_foreign: Callable[[str], object] = lambda _owner: None,
    ) -> None:
        """``on_foreign`` is told the owner (empty: nobody knows) of a task at which a known caller looks who is another
        client."""
        self._results = results
        self._history = history
        self._queue = queue
        self._past = past
        self._on_foreign = on_foreign

    async def find(self, task_id: TaskId, caller: Caller) -> Execution | None:
        """The task's newest state, or None for an unknown id; somebody else's task is unknown. Raises
        BusUnavailableError, HistoryUnavailableError."""
        found = await self._anybodys(task_id.value) or await self._past_one(task_id.value)
        if found is None:
            return None
        owner = found.owner
        if not caller.sees(owner) or (owner is None and caller.client):
            owner = await self._history.owner(task_id.value)
        if not caller.sees(owner):
            return None
        if caller.client and owner != caller.client:
            self._on_foreign(owner or "")
        return found.execution

    async def source(self, task_id: TaskId) -> KeptSource | None:
        """What was submitted, where that is kept; whose it is was asked before. Raises as ``find`` does."""
        stored = await self._results.find(task_id.value)
        if stored is not None and stored.source is not None:
            return stored.source
        message = await self._queue.find(task_id.value) if stored is None else None
        if message is not None:
            return KeptSource.of(message)
        return await self._past.source(task_id.value) if self._past is not None else None

    async def _anybodys(self, task_id: str) -> _Found | None:
        stored = await self._stored(task_id)
        if stored is not None:
            return stored
        latest = await self._history.latest(task_id)
        if latest is not None and not latest.status.is_final:
            return _Found(latest, None)
        if latest is None:
            message = await self._queue.find(task_id)
            if message is not None:
                return _Found(ExecutionTask.found(message).known, message.client)
        ended_meanwhile = await self._stored(task_id)
        return ended_meanwhile or (_Found(latest, None) if latest is not None else None)

    async def _past_one(self, task_id: str) -> _Found | None:
        past = await self._past.find(task_id) if self._past is not None else None
        return _Found(past.execution, past.client) if past is not None else None

    async def _stored(self, task_id: str) -> _Found | None:
        stored = await self._results.find(task_id)
        return _Found(stored.execution, stored.client) if stored is not None else None


class _Found(NamedTuple):
    execution: Execution
    owner: str | None
    """The client that submitted it, where what was found tells."""
