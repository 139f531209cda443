"""The lengths of the queues, known without a round trip for each submission."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import structlog

from broker_gateway.infrastructure.bus.queue_consumers import Queue, QueueConsumers
from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection

log = structlog.get_logger(__name__)

FRESH_S = 0.2
"""A count is asked for again after this time, while the old one is still used."""
STALE_S = 1.0
"""A count older than this is not used any more."""
RECOUNTED_S = 0.02
"""A recount asks again only after this time or after something was stored: many may want to enter a full queue."""


@dataclass(slots=True)
class _Length:
    """What is known of the length of one queue."""

    counted: int = 0
    """What the server said."""
    counted_at: float = float("-inf")
    added: int = 0
    """Ours since then: stored, or on their way."""
    under_way: int = 0
    refresh: asyncio.Task[None] | None = None


class QueueLengths:
    """The number of waiting tasks for each queue: the server's count, at most ``STALE_S`` old, plus what this gateway
    added since. Other gateways' additions show with the next count."""

    def __init__(self, bus: BusConnection, consumers: QueueConsumers | None = None) -> None:
        self._consumers = consumers or QueueConsumers(bus)
        self._lengths: dict[Queue, _Length] = {}

    async def waiting(self, queue: Queue, *, recount: bool = False) -> int:
        """The number of tasks that wait in ``queue``; ``recount``: as it is now. Raises BusUnavailableError."""
        length = self._lengths.setdefault(queue, _Length())
        age_s = time.monotonic() - length.counted_at
        recount = recount and (age_s > RECOUNTED_S or length.added > length.under_way)
        if recount or age_s > FRESH_S:
            refresh = self._refreshing(queue, length)
            if recount or age_s > STALE_S:
                await asyncio.shield(refresh)
        return length.counted + length.added

    def known(self) -> dict[Queue, int]:
        """The last known lengths of all queues that were ever asked for."""
        return {queue: length.counted + length.added for queue, length in self._lengths.items()}

    def begin(self, queue: Queue) -> None:
        """Says that a task is on its way to the queue."""
        length = self._lengths.setdefault(queue, _Length())
        length.added += 1
        length.under_way += 1

    def end(self, queue: Queue, *, stored: bool) -> None:
        """Says that the task got there, or that it did not."""
        length = self._lengths[queue]
        length.under_way -= 1
        if not stored:
            length.added = max(length.added - 1, 0)

    async def close(self) -> None:
        """Ends the counting that is under way."""
        tasks = [length.refresh for length in self._lengths.values() if length.refresh is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refreshing(self, queue: Queue, length: _Length) -> asyncio.Task[None]:
        if length.refresh is None or length.refresh.done():
            length.refresh = asyncio.create_task(self._refresh(queue, length))
            length.refresh.add_done_callback(_note_failure)
        return length.refresh

    async def _refresh(self, queue: Queue, length: _Length) -> None:
        length.added, before = length.under_way, length.added
        try:
            length.counted = await self._consumers.pending(queue)
        except BaseException:
            length.added += before
            raise
        length.counted_at = time.monotonic()


def _note_failure(refresh: asyncio.Task[None]) -> None:
    if refresh.cancelled() or refresh.exception() is None:
        return
    if not isinstance(refresh.exception(), BusUnavailableError):
        log.warning("queue_not_counted", error=str(refresh.exception()))
