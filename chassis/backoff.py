"""How long to wait before the next try to connect."""

from __future__ import annotations

import asyncio
import random


class GaveUpError(Exception):
    """As many tries in a row as the settings allow have failed."""


class Backoff:
    """Doubles from ``base_s`` to ``most_s``; each wait is between half and all of that, so that the clients of a server
    that came back do not all knock at once. After ``most_tries`` failures in a row (0: never) ``exhausted`` raises."""

    def __init__(self, base_s: float, most_s: float, most_tries: int = 0) -> None:
        self._base_s = base_s
        self._most_s = most_s
        self._most_tries = most_tries
        self._tries = 0
        self._spent = asyncio.Event()

    @property
    def used(self) -> bool:
        """True between a failure and the next success."""
        return self._tries > 0

    def next_s(self) -> float:
        """Seconds to wait now."""
        whole = min(self._most_s, self._base_s * 2.0 ** min(self._tries, 32))
        self._tries += 1
        if self._most_tries and self._tries >= self._most_tries:
            self._spent.set()
        return whole * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, keeps no secret

    def reset(self) -> None:
        """It worked: the next wait is short again."""
        self._tries = 0

    async def exhausted(self, what: str) -> None:
        """Never returns. Raises GaveUpError, which names ``what`` could not be reached."""
        await self._spent.wait()
        raise GaveUpError(f"{what} could not be reached in {self._most_tries} tries")
