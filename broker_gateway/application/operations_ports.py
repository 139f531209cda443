"""The ports of the operators' work on dead letters: what ``OperationsAppService`` and ``Redriving`` need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from schemas.dead_letter import DeadLetter
from schemas.execution import ResultMessage
from schemas.task import TaskMessage


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A dead letter as it is stored."""

    letter: DeadLetter
    sequence: int
    """Its number in the stream of dead letters; a later one has a higher number."""


@dataclass(frozen=True, slots=True)
class LetterPage:
    """One page of a list of dead letters."""

    letters: list[DeadLetter]
    """With empty payloads."""
    next_token: str
    """What asks for the next page; empty after the last."""


class DeadLetters(Protocol):
    """The dead letters: tasks that could not be run, and results that could not be delivered."""

    async def page(self, reason: str, size: int, token: str) -> LetterPage:
        """One page, newest first; an empty ``reason`` takes all. Raises ValueError for a token that is not one of
        ours."""
        ...

    async def newest(self, task_id: str, reason: str = "") -> KeptLetter | None:
        """The task's newest letter with its payload; of any reason where none is given."""
        ...

    async def remove(self, kept: KeptLetter) -> None:
        """Removes the letter, and what came before it for the same task and reason; a later one stays."""
        ...


@dataclass(frozen=True, slots=True)
class TaskSnapshot:
    """What the bus holds of one task at one moment. The queue is looked at before the result."""

    is_queued: bool
    """Its message is queued or running."""
    result: ResultMessage | None
    result_sequence: int
    """The result's number in its stream; 0 where there is no result."""
    events_before: int
    """Every event that was stored before this look has a lower number in its stream."""


class TaskRerun(Protocol):
    """The steps of running an ended task once more under its own id. All methods raise BusUnavailableError."""

    async def snapshot(self, task_id: str) -> TaskSnapshot:
        """Reads what the bus holds of the task now."""
        ...

    async def forget_attempts(self, task_id: str, snapshot: TaskSnapshot) -> None:
        """Removes the task's events from before the snapshot, and with them the count of its attempts."""
        ...

    async def forget_result(self, snapshot: TaskSnapshot) -> bool:
        """Removes exactly the result in the snapshot. False if it was gone already; another one is left alone."""
        ...

    async def enqueue(self, task: TaskMessage, occasion: str) -> bool:
        """Queues the task, once for each ``occasion`` (a token); False where that had been done. Raises
        QueueFullError."""
        ...
