"""The day that is simulated: tasks a second, from a quiet night to a busy evening, with a burst in the afternoon."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Day:
    """Rates are tasks per second."""

    night: float = 2.0
    evening: float = 20.0
    busiest_s: int = 20 * 3600
    burst: float = 25.0
    """What a post on a front page adds at its height."""
    burst_at_s: int = 14 * 3600
    burst_rise_s: int = 120
    burst_decay_s: int = 1800
    """After this long, a third of it is left."""

    def rate(self, second: int) -> float:
        """The mean number of tasks that come in a second of the day."""
        wave = (1 + math.cos(2 * math.pi * (second - self.busiest_s) / DAY_S)) / 2
        return self.night + (self.evening - self.night) * wave + self._burst(second - self.burst_at_s)

    def _burst(self, since_s: int) -> float:
        if since_s < 0:
            return 0.0
        if since_s < self.burst_rise_s:
            return self.burst * since_s / self.burst_rise_s
        return self.burst * math.exp(-(since_s - self.burst_rise_s) / self.burst_decay_s)

    def arrivals(self, seed: int, seconds: int = DAY_S) -> list[int]:
        """Tasks that come in each of the first seconds: a Poisson process of that rate, the same for the same seed."""
        chance = random.Random(seed)  # no secret
        return [_poisson(chance, self.rate(second)) for second in range(seconds)]


def _poisson(chance: random.Random, mean: float) -> int:
    """By exponential gaps within the second."""
    count, passed = 0, chance.expovariate(mean)
    while passed < 1:
        count += 1
        passed += chance.expovariate(mean)
    return count
