"""How the desk asks the queues for what is there already."""

from __future__ import annotations

import asyncio
from collections import Counter

from node.infrastructure.nats_connection import Bus, BusSettings
from node.infrastructure.nats_consumers import Consumers
from node.infrastructure.nats_publisher import Publisher
from node.infrastructure.nats_pull import Queue
from node.infrastructure.nats_source import NatsTaskSource
from schemas.status import Priority

HIGH, NORMAL, LOW = Priority.HIGH, Priority.NORMAL, Priority.LOW


class Backlog:
    """In place of NowPuller. Whoever is given a task ends it at once, and its slot is free again in the middle of the
    round."""

    def __init__(self, source: NatsTaskSource, tasks: Counter[Priority]) -> None:
        self._source = source
        self._tasks = tasks
        self.given: list[Priority] = []

    async def pull(self, queue: Queue, most: int, decile: int) -> tuple[int, str]:
        del decile
        got = min(most, self._tasks[queue.priority])
        self._tasks[queue.priority] -= got
        for _ in range(got):
            self.given.append(queue.priority)
            self._source._waiting.popleft()
            self._source._waiting.append(asyncio.get_running_loop().create_future())
        return got, "" if got == most else "404"


async def source_with(slots: int) -> NatsTaskSource:
    bus = Bus(BusSettings(), "n1")
    publisher = Publisher(bus)
    consumers = Consumers(publisher, 5.0)
    source = NatsTaskSource(bus, publisher, consumers, pools=("default",), node_id="n1", decile=lambda: 0)
    source._waiting.extend(asyncio.get_running_loop().create_future() for _ in range(slots))
    return source


async def test_a_slot_that_comes_free_in_the_middle_of_a_round_is_not_offered_to_low_before_normal() -> None:
    source = await source_with(1)
    backlog = Backlog(source, Counter({NORMAL: 7, LOW: 7}))
    source._now = backlog  # type: ignore[assignment] # has the one method that counts
    for _ in range(7):
        await source._round()
    assert backlog.given == [NORMAL] * 7


async def test_a_round_gives_away_no_more_than_the_slots_that_were_free_when_it_began() -> None:
    source = await source_with(2)
    backlog = Backlog(source, Counter({HIGH: 1, NORMAL: 9, LOW: 9}))
    source._now = backlog  # type: ignore[assignment] # has the one method that counts
    await source._round()
    assert backlog.given == [HIGH, NORMAL]
