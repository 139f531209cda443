"""In-memory dead letters and reruns, on the same MemoryBus as the other ports of the gateway."""

from __future__ import annotations

import msgspec

from broker_gateway.application.operations_ports import KeptLetter, LetterPage, TaskSnapshot
from broker_gateway.application.ports import QueueFullError
from schemas.dead_letter import DeadLetter
from schemas.task import TaskMessage
from tests.fakes.memory_bus import MemoryBus


class MemoryDeadLetters:
    """Implements ``DeadLetters``. A page token is the sequence below which the next page starts."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self.kept: list[KeptLetter] = []
        self._last_sequence = 0

    def bury(self, letter: DeadLetter) -> None:
        self._last_sequence += 1
        self.kept.append(KeptLetter(letter, self._last_sequence))

    async def page(self, reason: str, size: int, token: str) -> LetterPage:
        await self._bus.operation("page_dead")
        below = int(token or self._last_sequence + 1)
        found = [one for one in reversed(self.kept) if one.sequence < below and reason in ("", one.letter.reason)]
        letters = [msgspec.structs.replace(one.letter, payload="") for one in found[:size]]
        return LetterPage(letters, str(found[size - 1].sequence) if len(found) > size else "")

    async def newest(self, task_id: str, reason: str = "") -> KeptLetter | None:
        await self._bus.operation("newest_letter")
        found = [one for one in self.kept if one.letter.id == task_id and reason in ("", one.letter.reason)]
        return found[-1] if found else None

    async def remove(self, kept: KeptLetter) -> None:
        await self._bus.operation("remove_letter")
        gone = (kept.letter.id, kept.letter.reason)
        self.kept = [
            one for one in self.kept if (one.letter.id, one.letter.reason) != gone or one.sequence > kept.sequence
        ]


class MemoryTaskRerun:
    """Implements ``TaskRerun``. A result's sequence is the identity of its object."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self.runs: list[TaskMessage] = []
        self._occasions: set[tuple[str, str]] = set()

    async def snapshot(self, task_id: str) -> TaskSnapshot:
        await self._bus.operation("snapshot")
        result = self._bus.results.get(task_id)
        return TaskSnapshot(task_id in self._bus.tasks, result, id(result) if result else 0, events_before=1)

    async def forget_attempts(self, task_id: str, snapshot: TaskSnapshot) -> None:
        await self._bus.operation("forget_attempts")
        self._bus.history.pop(task_id, None)

    async def forget_result(self, snapshot: TaskSnapshot) -> bool:
        await self._bus.operation("forget_exact_result")
        for task_id, result in list(self._bus.results.items()):
            if id(result) == snapshot.result_sequence:
                del self._bus.results[task_id]
                return True
        return False

    async def enqueue(self, task: TaskMessage, occasion: str) -> bool:
        await self._bus.operation("enqueue_again")
        if task.id in self._bus.tasks or (task.id, occasion) in self._occasions:
            return False
        if len(self._bus.tasks) >= self._bus.max_tasks:
            raise QueueFullError("the stream is full", 700)
        self._occasions.add((task.id, occasion))
        self._bus.tasks[task.id] = task
        self.runs.append(task)
        return True
