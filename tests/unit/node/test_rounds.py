"""How the task source asks the queues for what is there already."""

from __future__ import annotations

import asyncio
import math
from collections import Counter

from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from node.infrastructure.bus.consumers import Consumers
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.pull import PASSING_S, Queue, WaitingPull
from node.infrastructure.bus.source import NatsTaskSource
from schemas.status import Priority

HIGH, NORMAL, LOW = Priority.HIGH, Priority.NORMAL, Priority.LOW


class Backlog:
    """In place of NowPuller. Whoever is given a task ends it at once, and is free again in the middle of the round."""

    def __init__(self, source: NatsTaskSource, tasks: Counter[Priority]) -> None:
        self._source = source
        self._tasks = tasks
        self.given: list[Priority] = []

    async def pull(self, queue: Queue, batch: int, decile: int) -> tuple[int, str]:
        del decile
        got = min(batch, self._tasks[queue.priority])
        self._tasks[queue.priority] -= got
        for _ in range(got):
            self.given.append(queue.priority)
            self._source._waiting.popleft()
            self._source._waiting.append(asyncio.get_running_loop().create_future())
        return got, "" if got == batch else "404"


async def source_with(loops: int) -> NatsTaskSource:
    bus = BusConnection(BusSettings())
    publisher = Publisher(bus)
    consumers = Consumers(bus)
    source = NatsTaskSource(bus, publisher, consumers, pools=("default",), node_id="n1", decile=lambda: 0)
    source._waiting.extend(asyncio.get_running_loop().create_future() for _ in range(loops))
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


def waiting_pull() -> WaitingPull:
    async def nothing(_message: Msg) -> None: ...

    pull = WaitingPull(Client, Queue("default", NORMAL), lambda: 3.0, nothing, lambda _status: None)
    pull._lost_at, pull.credit, pull.decile = math.inf, 1, 3
    return pull


def test_a_request_is_sent_again_for_a_load_that_lasts() -> None:
    pull = waiting_pull()
    assert not pull.needs_request(10.0, 4)
    assert pull.needs_request(10.0 + PASSING_S, 4)


def test_a_request_is_not_sent_again_for_a_load_that_comes_and_goes() -> None:
    pull = waiting_pull()
    for second in range(10, 20):
        assert not pull.needs_request(second, 4)
        assert not pull.needs_request(second + PASSING_S / 2, 3)
