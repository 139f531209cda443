"""The known lengths of the queues, while a count is under way and after one that failed."""

from __future__ import annotations

import asyncio

import pytest

from broker_gateway.infrastructure.bus.queue_consumers import Lane, QueueConsumers
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas.lanes import FIRST
from schemas.status import Priority

QUEUE = ("default", Priority.NORMAL)


class HeldConsumers(QueueConsumers):
    """Answers once ``go`` is set: ``waiting`` tasks in the first lane, or that the bus is away."""

    def __init__(self, bus: BusConnection) -> None:
        super().__init__(bus)
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.waiting = 0
        self.is_away = False

    async def look(self, lane: Lane, *, make: bool = True) -> tuple[int, int] | None:
        self.asked.set()
        await self.go.wait()
        if self.is_away:
            raise BusUnavailableError("away")
        return (self.waiting, 0) if lane[2] == FIRST else None


def lengths_and_consumers() -> tuple[QueueLengths, HeldConsumers]:
    bus = BusConnection(BusSettings())
    consumers = HeldConsumers(bus)
    return QueueLengths(bus, consumers), consumers


async def test_tasks_on_their_way_count_once_after_a_count_that_failed() -> None:
    lengths, consumers = lengths_and_consumers()
    for _ in range(3):
        await lengths.begin(QUEUE, "blog")
    consumers.is_away = True
    consumers.go.set()
    for _ in range(2):
        with pytest.raises(BusUnavailableError):
            await lengths.waiting(QUEUE, recount=True)
    assert lengths.known() == {QUEUE: 3}


async def test_what_was_put_in_counts_while_the_queue_is_counted_and_once_afterwards() -> None:
    lengths, consumers = lengths_and_consumers()
    lanes = [await lengths.begin(QUEUE, "blog") for _ in range(3)]
    lengths.end(QUEUE, "blog", lanes[0], 1)
    counting = asyncio.create_task(lengths.waiting(QUEUE, recount=True))
    await consumers.asked.wait()
    assert lengths.known() == {QUEUE: 3}
    lengths.end(QUEUE, "blog", lanes[1], 0)
    assert lengths.known() == {QUEUE: 2}
    consumers.waiting = 1
    consumers.go.set()
    assert await counting == 2, "the one that is stored, and the one on its way"
