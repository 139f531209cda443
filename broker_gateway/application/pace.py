"""A pace that nobody exceeds: who is faster waits."""

from __future__ import annotations

import asyncio


class Pace:
    """So many steps a second, and as many at once after a pause."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._left = per_s
        self._until = 0.0

    async def step(self) -> None:
        """Returns at once where there are steps left in this second."""
        now = asyncio.get_running_loop().time()
        if now >= self._until:
            self._left, self._until = self._per_s, now + 1
        elif not self._left:
            await asyncio.sleep(self._until - now)
            self._left, self._until = self._per_s, self._until + 1
        self._left -= 1
