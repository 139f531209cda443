"""The lengths of the queues, known without a round trip for each submission, and the lanes into which they are filled
(docs/adr/0013-fair-shares-by-lanes.md)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from broker_gateway.domain.backlogs import Backlogs, Owner, Queue
from broker_gateway.infrastructure.bus.backlog_notices import BacklogNotices
from broker_gateway.infrastructure.bus.queue_consumers import QueueConsumers
from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from schemas.lanes import FIRST, LATER

log = structlog.get_logger(__name__)

FRESH_S = 0.2
"""A count is asked for again after this time, while the old one is still used."""
STALE_S = 1.0
"""A count older than this is not used any more."""
LOOK_AT_ALL_S = 5.0
"""So often it is looked whether another gateway uses more lanes."""
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
        self._backlogs = Backlogs()
        self._later: dict[Queue, set[int]] = {}
        """The later lanes that have their consumer: it is made when the first task goes there."""
        self._look_at_all: dict[Queue, float] = {}
        self._notices = BacklogNotices(bus)

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

    async def enter(self, queue: Queue, owner: Owner, store: Callable[[int], Awaitable[int]]) -> bool:
        """Has a reader's task stored in the queue, and counts it from now on. ``store`` is given the lane, in which
        nodes can take it by then, and returns its sequence; 0: it was there already, and False is returned. Raises what
        ``store`` raises, and BusUnavailableError."""
        lane, sequence = await self._begin(queue, owner), 0
        try:
            await self._ready(queue, lane)
            sequence = await store(lane)
        finally:
            self._end(queue, owner, lane, sequence)
        return sequence > 0

    async def close(self) -> None:
        """Ends the counting that is under way."""
        self._notices.close()
        tasks = [length.refresh for length in self._lengths.values() if length.refresh is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ready(self, queue: Queue, lane: int) -> None:
        """Returns once nodes can take tasks from the lane. Raises BusUnavailableError."""
        if lane != FIRST and lane not in self._later.get(queue, ()):
            await self._consumers.look((*queue, lane))
            self._later.setdefault(queue, set()).add(lane)

    async def _begin(self, queue: Queue, owner: Owner) -> int:
        """Says that a reader's task is on its way to the queue. Returns the lane that it goes to; where that could be a
        later one, the bus is asked first what was taken meanwhile."""
        if self._backlogs.is_in_doubt(queue, owner):
            with contextlib.suppress(BusUnavailableError):
                await asyncio.shield(self._refreshing(queue, self._lengths.setdefault(queue, _Length())))
        length = self._lengths.setdefault(queue, _Length())
        length.added += 1
        length.under_way += 1
        return self._backlogs.enter(queue, owner)

    def _end(self, queue: Queue, owner: Owner, lane: int, sequence: int) -> None:
        """Says that the task got there, under that sequence, or that it did not (0). Nodes that wait are told of a lane
        that they need not look at otherwise."""
        length = self._lengths[queue]
        length.under_way -= 1
        if not sequence:
            length.added = max(length.added - 1, 0)
            self._backlogs.refused(queue, owner, lane)
            return
        self._backlogs.stored(queue, owner, lane, sequence)
        if lane != FIRST:
            self._notices.send(queue, lane)

    def _refreshing(self, queue: Queue, length: _Length) -> asyncio.Task[None]:
        if length.refresh is None or length.refresh.done():
            length.refresh = asyncio.create_task(self._refresh(queue, length))
            length.refresh.add_done_callback(_note_failure)
        return length.refresh

    async def _refresh(self, queue: Queue, length: _Length) -> None:
        will_be_counted = length.added - length.under_way
        length.counted = await self._count(queue)
        length.added -= will_be_counted
        length.counted_at = time.monotonic()

    async def _count(self, queue: Queue) -> int:
        """The server's count over all lanes, which also tells what was taken from each. Of a lane in which nothing
        waits all is gone that was there when it was asked, whether a node took it or not."""
        there = self._backlogs.newest
        lanes = self._lanes_to_look_at(queue)
        found = await asyncio.gather(*(self._look(queue, lane) for lane in lanes))
        for lane, (pending, taken) in zip(lanes, found, strict=True):
            self._backlogs.delivered(queue, lane, taken if pending else max(taken, there))
        self._backlogs.counted(queue)
        return sum(pending for pending, _ in found)

    def _lanes_to_look_at(self, queue: Queue) -> list[int]:
        """Those in use; now and then all, since another gateway may use more."""
        now = time.monotonic()
        if now < self._look_at_all.get(queue, 0.0):
            return [FIRST, *self._later.get(queue, ())]
        self._look_at_all[queue] = now + LOOK_AT_ALL_S
        return [FIRST, *LATER]

    async def _look(self, queue: Queue, lane: int) -> tuple[int, int]:
        """How many tasks wait in the lane, and the sequence up to which they were taken. Tasks must not wait for the
        first node to be seen: what is in use has its consumer."""
        in_use = self._later.setdefault(queue, set())
        found = await self._consumers.look((*queue, lane), make=lane == FIRST or lane in in_use)
        if found is not None and lane != FIRST:
            in_use.add(lane)
        return found or (0, 0)


def _note_failure(refresh: asyncio.Task[None]) -> None:
    if refresh.cancelled() or refresh.exception() is None:
        return
    if not isinstance(refresh.exception(), BusUnavailableError):
        log.warning("queue_not_counted", error=str(refresh.exception()))
