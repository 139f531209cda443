"""A task that was accepted and has not left its queue: as much of it as is needed to say what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from broker_gateway.domain.scheduler import Need


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task in its queue, waiting or running. Times are Unix milliseconds."""

    id: str
    pool: str
    needs: tuple[Need, ...]
    """What a node must be able to run to be given it."""
    expires_at_ms: int | None
    """Its queue deadline, where it has one."""
    answer: str = ""
    """The key of the answer that it shares with others, where it shares one."""
