"""The relay's ports for what is known of callbacks: what was tried for each, and what became of each try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from schemas.callback import CallbackRecord, DeliveryState
from schemas.execution import ResultMessage


class CallbackOutcome(StrEnum):
    """What became of one try to deliver a result."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """It comes again."""
    GIVEN_UP = "given_up"
    NOT_CALLED = "not_called"
    """The endpoint's circuit breaker is open, or the header values that the callback names are not configured: it comes
    again."""


CountOutcome = Callable[[CallbackOutcome, float], None]
"""Is told what became of each try, and how many seconds after the task's end that was."""


class AttemptLedger(Protocol):
    """The record of attempts to deliver a result, which all relays share: deliveries of the source count those too that
    were never tried. A result that was taken at the first attempt is not in it. Every method raises
    BusUnavailableError."""

    async def known(self, result: ResultMessage) -> CallbackRecord:
        """What was tried so far."""
        ...

    async def note(self, result: ResultMessage, record: CallbackRecord) -> None:
        """Notes what was tried by now."""
        ...

    def note_first(self, result: ResultMessage, record: CallbackRecord) -> None:
        """Notes that the first call was taken. Does not wait; it may be lost, and is kept in a room of its own, which
        the newest of them fill. ``newest`` finds it, ``known`` and ``page`` do not."""
        ...

    async def newest(self, task_id: str) -> CallbackRecord | None:
        """What was tried for the task's newest result, where that is kept."""
        ...

    async def page(self, state: DeliveryState | None, size: int, token: str) -> RecordPage:
        """One page, newest word first; without a ``state`` all. Raises ValueError for a token that is not one of
        ours."""
        ...


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of a list of callback records."""

    records: list[CallbackRecord]
    next_token: str
    """What asks for the next page; empty after the last."""
