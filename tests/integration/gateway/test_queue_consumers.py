"""The queues' consumers, which gateways make on a real bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from broker_gateway.infrastructure.bus import queue_consumers
from broker_gateway.infrastructure.bus.queue_consumers import QueueConsumers
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.lanes import FIRST, LATER
from schemas.node import NodeRecord
from schemas.status import Priority
from tests.builders import a_node_record
from tests.integration.gateway.declared_bus import Connect
from tests.servers.waiting import eventually

QUEUE = ("default", Priority.NORMAL)


class Nodes:
    """A directory that says what it is told to."""

    def __init__(self, *records: NodeRecord) -> None:
        self._records = records
        self._changed = asyncio.Event()

    def nodes(self) -> Sequence[NodeRecord]:
        return self._records

    async def changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def become(self, *records: NodeRecord) -> None:
        self._records = records
        self._changed.set()


async def consumers(bus: BusConnection) -> set[str]:
    listed = await jetstream.call(bus, f"CONSUMER.NAMES.{names.STREAM_TASKS}")
    return set(listed["consumers"] or [])


async def ack_wait_s(bus: BusConnection) -> float:
    info = await jetstream.call(bus, f"CONSUMER.INFO.{names.STREAM_TASKS}.{names.queue_consumer(*QUEUE)}")
    return float(info["config"]["ack_wait"] / 1e9)


def of(pool: str) -> set[str]:
    return {names.queue_consumer(pool, priority) for priority in Priority}


@asynccontextmanager
async def looking_after(bus: BusConnection, nodes: Nodes) -> AsyncIterator[None]:
    running = asyncio.create_task(QueueConsumers(bus).run(nodes))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_pool_has_its_consumers_once_a_node_serves_it(bus: BusConnection) -> None:
    nodes = Nodes()
    async with looking_after(bus, nodes):
        nodes.become(a_node_record("a", pools=["gpu", "big"]))

        async def there() -> bool:
            return await consumers(bus) == of("gpu") | of("big")

        await eventually(there)


async def test_a_consumer_that_vanished_is_made_again(bus: BusConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_consumers, "LOOK_S", 0.05)

    async def there() -> bool:
        return await consumers(bus) == of("gpu")

    async with looking_after(bus, Nodes(a_node_record("a", pools=["gpu"]))):
        await eventually(there)
        await jetstream.call(bus, f"CONSUMER.DELETE.{names.STREAM_TASKS}.gpu-normal")
        await eventually(there)


async def test_of_more_pools_than_there_can_be_consumers_for_as_many_as_can_be_have_theirs(
    bus: BusConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_consumers, "MAX_POOLS", 2)
    forged = [a_node_record(f"n{number}", pools=[f"z{number}"]) for number in range(5)]

    async def there() -> bool:
        return await consumers(bus) == of("default") | of("z0")

    async with looking_after(bus, Nodes(*forged, a_node_record("a"))):
        await eventually(there)


async def test_the_ack_wait_of_a_consumer_that_is_there_becomes_the_gateways_once(bus: BusConnection) -> None:
    await QueueConsumers(bus, 5.0).look((*QUEUE, FIRST))
    ours, theirs = QueueConsumers(bus, 2.5), QueueConsumers(bus, 7.5)
    await ours.look((*QUEUE, FIRST))
    assert await ack_wait_s(bus) == 2.5
    await theirs.look((*QUEUE, FIRST))
    await ours.look((*QUEUE, FIRST))  # two gateways that disagree do not go on about it
    assert await ack_wait_s(bus) == 7.5


async def test_gateways_that_look_at_once_make_one(connect: Connect) -> None:
    buses = await asyncio.gather(*(connect() for _ in range(4)))
    found = await asyncio.gather(*(QueueConsumers(bus).look((*QUEUE, FIRST)) for bus in buses * 5))
    assert found == [(0, 0)] * 20
    assert await consumers(buses[0]) == {names.queue_consumer(*QUEUE)}


async def test_the_lengths_follow_what_waits_also_where_nobody_serves_the_pool_any_more(
    bus: BusConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_consumers, "LOOK_S", 0.05)
    made, nodes = QueueConsumers(bus), Nodes(a_node_record("a", pools=["gpu"]))
    gpu = ("gpu", Priority.NORMAL)
    running = asyncio.create_task(made.run(nodes))
    try:
        await eventually(lambda: dict(made.lengths()) == {("gpu", priority): 0 for priority in Priority})
        await made.look((*gpu, LATER[0]))
        for number, lane in enumerate((FIRST, FIRST, LATER[0])):
            await jetstream.store(bus, names.task_subject(*gpu, f"t{number}", lane), b"")
        await made.look((*gpu, LATER[0]))  # as whoever fills a later lane does
        await eventually(lambda: made.lengths()[gpu] == 3)
        nodes.become()
        await eventually(lambda: dict(made.lengths()) == {gpu: 3})
        await jetstream.call(bus, f"STREAM.PURGE.{names.STREAM_TASKS}")
        await eventually(lambda: not made.lengths())
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
