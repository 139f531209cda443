"""How deliveries of results to their callbacks stand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallbackAttempt:
    """One call to the endpoint of a callback."""

    number: int
    """From 1."""
    at_ms: int = 0
    """When it began, Unix milliseconds."""
    latency_ms: float = 0.0
    answer: str = ""
    """The HTTP status or the gRPC code; empty where there was none, ``ok`` where the endpoint took it."""
    error: str = ""
    """In words; empty where it was taken."""
    next_at_ms: int = 0
    """When the next one is due, Unix milliseconds; 0 where none follows."""


@dataclass(frozen=True, slots=True)
class CallbackRecord:
    """How the delivery of one result to its callback stands."""

    id: str
    """The task's."""
    url: str = ""
    client: str = ""
    state: str = ""
    """``RETRYING``; ``DELIVERED``; ``GIVEN_UP``: it is a dead letter."""
    attempts: int = 0
    """Those that failed."""
    error: str = ""
    """The last one's."""
    at_ms: int = 0
    """When the newest began, Unix milliseconds."""
    tried: tuple[CallbackAttempt, ...] = ()
    """The newest 12, the last one last."""
