"""The relay's ports for what is known of callbacks: what was tried for each, and what became of each try."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from schemas.callback import CallbackRecord, DeliveryState
from schemas.execution import ResultMessage
from schemas.progress import ProgressMessage


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


class ProgressOutcome(StrEnum):
    """What became of what a callback was to be told before its task's end."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """After a few tries, or refused for good: this task's callback is told no more of them."""
    DROPPED = "dropped"
    """No longer news, too much of it, or the endpoint rests."""


CountProgress = Callable[[ProgressOutcome], None]


class ProgressDelivery(Protocol):
    """One thing to tell of, in the relay's hands until ``done``."""

    @property
    def message(self) -> ProgressMessage:
        """What is told, and whom."""
        ...

    def done(self) -> None:
        """Settles it, told or not; does not wait. Where that is lost, it comes again."""
        ...

    async def keep_alive(self) -> None:
        """Says that it is still worked on; what is silent for too long comes again."""
        ...


class ProgressSource(Protocol):
    """The source of what callbacks are to be told before the end; all gateways share it."""

    async def take(self, max_messages: int) -> Sequence[ProgressDelivery]:
        """Between one and ``max_messages`` of them, in the order in which they happened; waits until there is one."""
        ...


class Ends(Protocol):
    """The knowledge of which tasks have ended."""

    async def has_ended(self, task_id: str) -> bool:
        """True where the task's result is stored. Raises BusUnavailableError."""
        ...


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of a list of callback records."""

    records: list[CallbackRecord]
    next_token: str
    """What asks for the next page; empty after the last."""
