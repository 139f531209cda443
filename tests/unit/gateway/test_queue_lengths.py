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


class Entering:
    """A task on its way: ``stored`` says under which sequence it got there."""

    def __init__(self, lengths: QueueLengths) -> None:
        self.stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.entered = asyncio.create_task(lengths.enter(QUEUE, ("blog", ""), self._store))

    async def _store(self, _lane: int) -> int:
        return await self.stored

    async def ends(self, sequence: int) -> bool:
        self.stored.set_result(sequence)
        return await self.entered


async def on_their_way(lengths: QueueLengths, count: int) -> list[Entering]:
    tasks = [Entering(lengths) for _ in range(count)]
    await asyncio.sleep(0)
    assert lengths.known() == {QUEUE: count}
    return tasks


async def test_tasks_on_their_way_count_once_after_a_count_that_failed() -> None:
    lengths, consumers = lengths_and_consumers()
    tasks = await on_their_way(lengths, 3)
    consumers.is_away = True
    consumers.go.set()
    for _ in range(2):
        with pytest.raises(BusUnavailableError):
            await lengths.waiting(QUEUE, recount=True)
    assert lengths.known() == {QUEUE: 3}
    assert [await task.ends(sequence) for sequence, task in enumerate(tasks)] == [False, True, True]
    assert lengths.known() == {QUEUE: 2}


async def test_what_was_put_in_counts_while_the_queue_is_counted_and_once_afterwards() -> None:
    lengths, consumers = lengths_and_consumers()
    tasks = await on_their_way(lengths, 3)
    await tasks[0].ends(1)
    counting = asyncio.create_task(lengths.waiting(QUEUE, recount=True))
    await consumers.asked.wait()
    assert lengths.known() == {QUEUE: 3}
    await tasks[1].ends(0)
    assert lengths.known() == {QUEUE: 2}
    consumers.waiting = 1
    consumers.go.set()
    assert await counting == 2, "the one that is stored, and the one on its way"
    await tasks[2].ends(2)
