"""How long the queues are, without a round trip per submission."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import structlog

from broker_gateway.application.ports import BusUnavailableError
from broker_gateway.infrastructure.bus import declare
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.status import Priority

log = structlog.get_logger(__name__)

FRESH_S = 0.2
"""A count is asked for again after this time, while the old one is still used."""
STALE_S = 1.0
"""A count older than this is not used any more."""
RECOUNTED_S = 0.02
"""A recount asks again only after this time or after something was stored: many may want to enter a full queue."""

Queue = tuple[str, Priority]


@dataclass(slots=True)
class _Depth:
    counted: int = 0
    """What the server said."""
    counted_at: float = float("-inf")
    added: int = 0
    """Ours since then: stored, or on their way."""
    under_way: int = 0
    refresh: asyncio.Task[None] | None = None


class QueueLengths:
    """Server's count, at most ``STALE_S`` old, plus what this gateway added since. Other gateways' additions show with
    the next count."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus
        self._depths: dict[Queue, _Depth] = {}

    async def waiting(self, queue: Queue, *, recount: bool = False) -> int:
        """Raises BusUnavailableError, JetStreamError."""
        depth = self._depths.setdefault(queue, _Depth())
        age_s = time.monotonic() - depth.counted_at
        recount = recount and (age_s > RECOUNTED_S or depth.added > depth.under_way)
        if recount or age_s > FRESH_S:
            refresh = self._refreshing(queue, depth)
            if recount or age_s > STALE_S:
                await asyncio.shield(refresh)
        return depth.counted + depth.added

    def known(self) -> dict[Queue, int]:
        """The last counts of all queues that were ever asked for."""
        return {queue: depth.counted + depth.added for queue, depth in self._depths.items()}

    def begin(self, queue: Queue) -> None:
        """A task is on its way to the queue."""
        depth = self._depths.setdefault(queue, _Depth())
        depth.added += 1
        depth.under_way += 1

    def end(self, queue: Queue, *, stored: bool) -> None:
        """It got there, or it did not."""
        depth = self._depths[queue]
        depth.under_way -= 1
        if not stored:
            depth.added = max(depth.added - 1, 0)

    async def close(self) -> None:
        tasks = [depth.refresh for depth in self._depths.values() if depth.refresh is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refreshing(self, queue: Queue, depth: _Depth) -> asyncio.Task[None]:
        if depth.refresh is None or depth.refresh.done():
            depth.refresh = asyncio.create_task(self._refresh(queue, depth))
            depth.refresh.add_done_callback(_note_failure)
        return depth.refresh

    async def _refresh(self, queue: Queue, depth: _Depth) -> None:
        depth.added, before = depth.under_way, depth.added
        try:
            depth.counted = await self._count(*queue)
        except BaseException:
            depth.added += before
            raise
        depth.counted_at = time.monotonic()

    async def _count(self, pool: str, priority: Priority) -> int:
        """A queue without its consumer is given one: tasks must not wait for the first node to be seen."""
        name = names.queue_consumer(pool, priority)
        try:
            info = await jetstream.call(self._bus, f"CONSUMER.INFO.{names.STREAM_TASKS}.{name}")
        except jetstream.JetStreamError as error:
            if error.err_code != jetstream.CONSUMER_NOT_FOUND:
                raise
            config = topology.task_consumer(pool, priority)
            return await declare.ensure_consumer(self._bus, names.STREAM_TASKS, config)
        return int(info["num_pending"])


def _note_failure(refresh: asyncio.Task[None]) -> None:
    if refresh.cancelled() or refresh.exception() is None:
        return
    if not isinstance(refresh.exception(), BusUnavailableError):
        log.warning("queue not counted", error=str(refresh.exception()))
