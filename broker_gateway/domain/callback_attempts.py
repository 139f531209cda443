"""The rules of trying a callback again (docs/adr/0012-callback-attempts-are-calls.md)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_RETRY_AFTER_S = 600.0
"""The longest pause that an endpoint may ask for."""
_MAX_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class AttemptPolicy:
    """How often a callback is tried, for how long each time, and when it is given up."""

    max_attempts: int = 12
    first_timeout_s: float = 3.0
    """For the first attempt; doubles with each further one."""
    timeout_s: float = 10.0
    """For any."""
    give_up_ms: int = 12 * 3600 * 1000
    """A result that has been waiting this long for an endpoint that rests is given up."""

    def timeout_of(self, attempt: int) -> float:
        """How long attempt number ``attempt`` (from 1) may take: an endpoint that never answers costs little, one that
        is slow gets its time."""
        doublings = min(max(attempt, 1) - 1, _MAX_DOUBLINGS)
        return min(self.timeout_s, self.first_timeout_s * 2.0**doublings)

    def is_last(self, attempt: int) -> bool:
        """True where no other attempt follows this one."""
        return attempt >= self.max_attempts

    def is_too_old(self, waited_ms: int) -> bool:
        """True where a result has waited too long for an endpoint that rests."""
        return waited_ms >= self.give_up_ms

    def pause_s(self, planned_s: float, asked_s: float | None) -> float:
        """The pause before the next attempt, where the endpoint has asked for one: never less than planned, and never
        longer than so much."""
        return max(planned_s, min(asked_s or 0.0, MAX_RETRY_AFTER_S))
