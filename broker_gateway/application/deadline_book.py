"""The book of queue deadlines, of the tasks that this gateway accepted and of those that it found in the queues."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.domain.deadlines import Deadlines

SETTLE_MS = 100
"""A node that started a task just before its deadline has said so by then."""
OTHERS_MS = 500
"""What another gateway accepted is left to that one for so long: one of them is enough."""
_AT_ONCE = 128
"""Tasks that are handed out together."""
_CLOCK_CHECK_S = 1.0
"""The wall clock may be set: never waits longer without looking at it."""


class DeadlineBook:
    """What Submission writes deadlines into, and Expiring takes them from when they are due."""

    def __init__(self, now_ms: Callable[[], int] = wall_clock_ms) -> None:
        self._now_ms = now_ms
        self._deadlines = Deadlines()
        self._earlier = asyncio.Event()

    def __len__(self) -> int:
        return len(self._deadlines)

    def accepted(self, task_id: str, expires_at_ms: int) -> None:
        """Notes a task that this gateway accepted."""
        self.look_again(task_id, expires_at_ms + SETTLE_MS)

    def found(self, task_id: str, expires_at_ms: int) -> None:
        """Notes a task that was found in its queue, whoever accepted it, unless it is noted already."""
        if task_id not in self._deadlines:
            self.look_again(task_id, max(expires_at_ms, self._now_ms() + OTHERS_MS) + SETTLE_MS)

    def look_again(self, task_id: str, at_ms: int) -> None:
        """Has the task looked at at this moment."""
        first_ms = self._deadlines.next_ms
        self._deadlines.note(task_id, at_ms)
        if first_ms is None or at_ms < first_ms:
            self._earlier.set()

    def clear(self) -> None:
        """Forgets all of them: they are about to be found again."""
        self._deadlines.clear()

    async def due(self) -> list[str]:
        """The tasks whose deadline has passed, at least one, waited for."""
        while True:
            self._earlier.clear()
            if due := self._deadlines.take_due(self._now_ms(), _AT_ONCE):
                return due
            next_ms = self._deadlines.next_ms
            wait_s = None if next_ms is None else min(_CLOCK_CHECK_S, (next_ms - self._now_ms()) / 1000)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._earlier.wait()
