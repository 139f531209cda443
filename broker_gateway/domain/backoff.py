"""When a failed delivery is tried again."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_DOUBLINGS = 64
"""Keeps the power finite; every delay is at its maximum long before."""


@dataclass(frozen=True, slots=True)
class Backoff:
    base_s: float = 1.0
    factor: float = 2.0
    max_s: float = 60.0

    def delay_s(self, failures: int, jitter: float) -> float:
        """Seconds after the ``failures``-th failure (from 1). ``jitter`` in [0, 1) spreads it over the upper half."""
        whole = self.base_s * self.factor ** min(max(failures, 1) - 1, _MOST_DOUBLINGS)
        return min(self.max_s, whole) * (0.5 + jitter / 2)
