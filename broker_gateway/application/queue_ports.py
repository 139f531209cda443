"""The ports of what looks after waiting tasks. The others stand in ``ports``."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from broker_gateway.domain.waiting_task import WaitingTask
from schemas.task import TaskMessage


@dataclass(frozen=True, slots=True)
class QueuePart:
    """A part of what is in the queues, in the order in which it was accepted."""

    tasks: Sequence[WaitingTask]
    last: int
    """Everything up to this number has been read."""
    is_end: bool
    """Nothing came after it when this was read."""
    queued: int
    """All tasks that are queued or running, of all pools."""


class QueueReader(Protocol):
    """The queues of all pools, read without taking anything from them."""

    async def after(self, number: int) -> QueuePart:
        """The next part of what is queued or running, after the one with this number; 0: from the start. What cannot
        be read is left out. Raises BusUnavailableError."""
        ...


class QueueActivity(Protocol):
    """What the queues tell of who takes from them."""

    async def active_pools(self) -> Set[str]:
        """The pools in which a node waits for a task, or has one in its hands. Raises BusUnavailableError."""
        ...


class Move(Enum):
    """How moving a task from its queue to another ended."""

    DONE = "done"
    NOT_OURS = "not ours"
    """It was not there any more, or another gateway was moving it."""
    LEFT_MEANWHILE = "left meanwhile"
    """It is in the new queue, and has left the old one by itself: it was taken, or cancelled."""


class TaskMover(Protocol):
    """The way from one queue into another. Any number of gateways may move one task at once: it arrives once."""

    async def move(self, task: TaskMessage, pool: str) -> Move:
        """Puts the task into the pool's queue of the same priority, then takes it from where it was. A gateway that
        dies in between leaves it in both; whoever moves it next takes the old one away. Raises QueueFullError,
        BusUnavailableError."""
        ...
