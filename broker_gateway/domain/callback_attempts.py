"""The rules of trying a callback again (docs/adr/0012-callback-attempts-are-calls.md)."""

from __future__ import annotations

from dataclasses import dataclass

_MAX_DOUBLINGS = 16
_REST_SHARE = 8
"""A result that waits for an endpoint that rests asks again after this part of the time that it has waited."""


@dataclass(frozen=True, slots=True)
class AttemptPolicy:
    """How often a callback is tried, for how long each time, and when it is given up."""

    max_attempts: int = 12
    first_timeout_s: float = 3.0
    """For the first attempt; doubles with each further one."""
    timeout_s: float = 10.0
    """For any."""
    max_pause_s: float = 6 * 3600.0
    """The longest pause that an endpoint may ask for."""
    give_up_ms: int = 12 * 3600 * 1000
    """A result that is so old is given up, however often it was tried."""

    def timeout_of(self, attempt: int) -> float:
        """How long attempt number ``attempt`` (from 1) may take: an endpoint that never answers costs little, one that
        is slow gets its time."""
        doublings = min(max(attempt, 1) - 1, _MAX_DOUBLINGS)
        return min(self.timeout_s, self.first_timeout_s * 2.0**doublings)

    def is_last(self, attempt: int) -> bool:
        """True where no other attempt follows this one."""
        return attempt >= self.max_attempts

    def is_too_old(self, waited_ms: int) -> bool:
        """True where a result has waited too long."""
        return waited_ms >= self.give_up_ms

    def pause_s(self, planned_s: float, asked_s: float | None, waited_ms: int) -> float:
        """The pause before the next attempt, where the endpoint may have asked for one (``asked_s``): never less than
        planned, and there is a last attempt before the result is too old."""
        wanted_s = max(planned_s, min(asked_s or 0.0, self.max_pause_s))
        return min(wanted_s, self._left_s(waited_ms))

    def rest_s(self, rest_s: float, waited_ms: int) -> float:
        """How long a result waits for an endpoint that rests for ``rest_s``. The longer it has waited, the longer:
        many results for one dead endpoint must not keep the relay busy."""
        return min(max(rest_s, waited_ms / 1000 / _REST_SHARE), self._left_s(waited_ms))

    def _left_s(self, waited_ms: int) -> float:
        return max(0, self.give_up_ms - waited_ms) / 1000


def growth(base_s: float, max_s: float, attempts: int) -> float:
    """The factor by which pauses grow from ``base_s``, after the first of ``attempts``, to ``max_s``, before the last
    one."""
    steps = attempts - 2
    return max(1.0, max_s / base_s) ** (1 / steps) if steps > 0 else 1.0
