"""The ports of what looks after waiting tasks. The others stand in ``ports``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from broker_gateway.domain.waiting_task import WaitingTask


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
