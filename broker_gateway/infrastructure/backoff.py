"""How long to wait before the next try to connect."""

from __future__ import annotations

import random


class Backoff:
    """Doubles from ``base_s`` to ``most_s``; each wait is between half and all of that, so that the clients of a server
    that came back do not all knock at once."""

    def __init__(self, base_s: float, most_s: float) -> None:
        self._base_s = base_s
        self._most_s = most_s
        self._tries = 0

    @property
    def used(self) -> bool:
        """True between a failure and the next success."""
        return self._tries > 0

    def next_s(self) -> float:
        """Seconds to wait now."""
        whole = min(self._most_s, self._base_s * 2.0 ** min(self._tries, 32))
        self._tries += 1
        return whole * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, keeps no secret

    def reset(self) -> None:
        """It worked: the next wait is short again."""
        self._tries = 0
