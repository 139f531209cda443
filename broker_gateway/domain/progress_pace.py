"""The pace at which one endpoint, or one client, is told of progress. Times are seconds of any clock
that only goes forward."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """A number of turns after a pause (``burst``), then ``per_s`` a second; and an endpoint's rests."""

    burst: int
    per_s: float
    _left: float = -1.0
    _at_s: float = 0.0
    _rests_until_s: float = 0.0

    def wait_s(self, now_s: float) -> float:
        """Takes the next turn; how long it is until then."""
        self._advance(now_s)
        self._left -= 1
        return max(0.0, -self._left / self.per_s)

    def takes(self, now_s: float) -> bool:
        """Takes a turn where there is one now."""
        self._advance(now_s)
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def _advance(self, now_s: float) -> None:
        if self._at_s == 0.0:
            self._left, self._at_s = float(self.burst), now_s
        self._left = min(float(self.burst), self._left + (now_s - self._at_s) * self.per_s)
        self._at_s = now_s

    def rest(self, until_s: float) -> None:
        """Nothing is told before that."""
        self._rests_until_s = until_s

    def rests(self, now_s: float) -> bool:
        """True while nothing is told."""
        return now_s < self._rests_until_s
