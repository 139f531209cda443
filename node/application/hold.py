"""The hold of a node on a task: it is ours for as long as the bus confirms that it is (ADR 0006)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TaskLostError(Exception):
    """The bus has not confirmed for too long that the task is ours: it is somebody else's by now."""


class Hold:
    """One node's hold on one task, from the moment the task came. It is lost ``for_s`` seconds after the last
    confirmation."""

    def __init__(self, for_s: float) -> None:
        self._for_s = for_s
        self._until = asyncio.get_running_loop().time() + for_s
        self._work: asyncio.Timeout | None = None

    @property
    def for_s(self) -> float:
        """How long a confirmation holds it: what was known of the ack wait when it came."""
        return self._for_s

    @property
    def until(self) -> float:
        """When it is lost, by the loop's clock, unless it is renewed before."""
        return self._until

    @property
    def working_now(self) -> bool:
        """True while there is work that its loss would end."""
        return self._work is not None

    def renew(self, asked_at: float) -> None:
        """Notes that the bus has confirmed it. ``asked_at`` is when it was asked, by the loop's clock: the bus waits
        from then, or later."""
        self._until = max(self._until, asked_at + self._for_s)
        if self._work is not None and not self._work.expired():
            self._work.reschedule(self._until)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Has the work inside cancelled once the hold is lost. Raises TaskLostError then, whatever the work made of
        it."""
        try:
            async with asyncio.timeout_at(self._until) as self._work:
                yield
        except Exception as error:
            if self._work is not None and self._work.expired():
                raise TaskLostError from error
            raise
        finally:
            self._work = None
