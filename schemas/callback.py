"""The message that tells of the delivery of one result to its callback."""

from __future__ import annotations

from enum import StrEnum

import msgspec

MAX_TRIED = 12
"""Attempts of a result that are told of: the newest."""
MAX_ERROR_CHARS = 300
"""Of the error of one attempt."""


class DeliveryState(StrEnum):
    """How the delivery of a result stands."""

    RETRYING = "RETRYING"
    DELIVERED = "DELIVERED"
    GIVEN_UP = "GIVEN_UP"
    """It is a dead letter."""


class CallbackAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One call to an endpoint."""

    number: int
    """From 1."""
    at_ms: int
    """When it began, Unix milliseconds."""
    latency_ms: float
    answer: str
    """The HTTP status or the gRPC code; empty where there was none, ``ok`` where it was taken."""
    error: str
    """In words; empty where it was taken."""
    next_at_ms: int
    """When the next one is due; 0 where none follows."""


class CallbackRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The message on CALLBACKS: the newest word about the delivery of one result that was not taken at the first
    call."""

    id: str
    """The task's."""
    attempts: int
    """Those that failed."""
    error: str
    """The last one's."""
    at_ms: int
    url: str = ""
    client: str = ""
    state: DeliveryState = DeliveryState.RETRYING
    tried: list[CallbackAttempt] = []
    """The newest last."""

    def after(self, attempt: CallbackAttempt, state: DeliveryState) -> CallbackRecord:
        """The record after one more attempt."""
        cut = msgspec.structs.replace(attempt, error=attempt.error[:MAX_ERROR_CHARS])
        return msgspec.structs.replace(
            self,
            attempts=self.attempts + bool(cut.error),
            error=cut.error or self.error,
            at_ms=attempt.at_ms,
            state=state,
            tried=[*self.tried, cut][-MAX_TRIED:],
        )
