"""The node's tasks kept its own: the bus is told of them again and again while they run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from node.application.attempt import Attempts


class KeepingAlive:
    """Tells the bus of all attempts, as often as the ack wait and their holds ask for."""

    def __init__(self, attempts: Attempts, ack_wait_s: Callable[[], float]) -> None:
        """``ack_wait_s``: after so long without a word a task is given to another node."""
        self._attempts = attempts
        self._ack_wait_s = ack_wait_s
        self._asked = asyncio.Event()

    async def run(self) -> None:
        """Does so for ever."""
        while True:
            every_s = self._attempts.keep_alive_every_s(self._ack_wait_s())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), every_s)
            self._asked.clear()
            await self._attempts.keep_alive(every_s)

    async def now(self) -> None:
        """Has it done at once: the bus was away. Does not wait for it."""
        self._asked.set()
