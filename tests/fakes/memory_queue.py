"""The gateway's ports on the queue of tasks, in memory: of one MemoryBus."""

from __future__ import annotations

from collections import Counter

import msgspec

from broker_gateway.application.ports import QueueFullError, TaskTooLargeError
from broker_gateway.application.queue_ports import Move, QueuePart
from broker_gateway.domain.scheduler import needs_of
from broker_gateway.domain.waiting_task import WaitingTask
from schemas.status import Priority
from schemas.task import TaskMessage
from tests.fakes.memory_bus import MemoryBus


class MemoryTaskQueue:
    """Implements ``TaskQueue``. Its counts are as old as a port's may be: what has left shows only in a recount."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self._counted: Counter[tuple[str, Priority]] = Counter()

    async def enqueue(self, task: TaskMessage) -> bool:
        await self._bus.operation("enqueue")
        if task.id in self._bus.seen:
            return False
        if len(msgspec.json.encode(task)) > self._bus.max_message_bytes:
            raise TaskTooLargeError("does not fit one message of the bus")
        if len(self._bus.tasks) >= self._bus.max_tasks:
            raise QueueFullError("the stream is full", 700)
        self._bus.seen.add(task.id)
        self._bus.numbers[task.id] = len(self._bus.numbers) + 1
        self._bus.tasks[task.id] = task
        self._counted[task.pool, task.priority] += 1
        self._bus.changed.set()
        return True

    async def waiting(self, pool: str, priority: Priority, *, recount: bool = False) -> int:
        await self._bus.operation("waiting")
        if recount:
            self._counted = Counter((task.pool, task.priority) for task in self._bus.tasks.values())
        return self._counted[pool, priority]

    async def find(self, task_id: str) -> TaskMessage | None:
        await self._bus.operation("find_task")
        return self._bus.tasks.get(task_id)

    async def remove(self, task_id: str) -> bool:
        await self._bus.operation("remove_task")
        self._bus.changed.set()
        return self._bus.tasks.pop(task_id, None) is not None


class MemoryQueueReader:
    """Implements ``QueueReader``, two tasks at a time."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def after(self, number: int) -> QueuePart:
        await self._bus.operation("read_queue")
        numbers, tasks = self._bus.numbers, self._bus.tasks
        later = sorted((numbers[task_id], task) for task_id, task in tasks.items() if numbers[task_id] > number)[:2]
        last = later[-1][0] if later else number
        return QueuePart([_waiting(task) for _, task in later], last, is_end=not later, queued=len(tasks))


def _waiting(task: TaskMessage) -> WaitingTask:
    return WaitingTask(task.id, task.pool, needs_of(task, task.checker), task.expires_at_ms, task.answer)


class MemoryTaskMover:
    """Implements ``TaskMover``."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def move(self, task: TaskMessage, pool: str) -> Move:
        old = self._bus.tasks.get(task.id)
        if old is None or old.pool == pool:
            return Move.NOT_OURS
        number = self._bus.numbers[task.id]
        await self._bus.operation("move_task")
        now = self._bus.tasks.get(task.id)
        if now is not None and now.pool == pool:
            return Move.NOT_OURS
        if len(self._bus.tasks) >= self._bus.max_tasks:
            raise QueueFullError("the stream is full", 700)
        self._bus.tasks[task.id] = msgspec.structs.replace(old, pool=pool)
        self._bus.numbers[task.id] = max(self._bus.numbers.values(), default=number) + 1
        self._bus.changed.set()
        return Move.DONE if now is not None else Move.LEFT_MEANWHILE


class MemoryQueueActivity:
    """Implements ``QueueActivity``: ``active`` is what a test says."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self.active: set[str] = set()

    async def active_pools(self) -> set[str]:
        await self._bus.operation("active_pools")
        return set(self.active)
