"""The relay's source of results on a real server."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence

import msgspec

from broker_gateway.application.ports import ResultDelivery
from broker_gateway.infrastructure.bus.durable_pull import SILENCE_S
from broker_gateway.infrastructure.bus.result_source import BusResultSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.dead_letter import DeadLetter
from tests.builders import a_result
from tests.integration.gateway.declared_bus import Connect, declared_bus
from tests.servers.fixtures import StartNats

PAUSE_S = topology.RELAY_ACK_WAIT_S + 2.0
"""Longer than what is given out and never heard of waits."""


async def store(bus: BusConnection, *task_ids: str) -> None:
    for task_id in task_ids:
        assert await BusResultStore(bus).store(a_result(task_id, "http://example.org/"))


async def take(source: BusResultSource, max_results: int = 10) -> Sequence[ResultDelivery]:
    async with asyncio.timeout(20):
        return await source.take(max_results)


async def taken(source: BusResultSource, count: int) -> list[ResultDelivery]:
    found: list[ResultDelivery] = []
    while len(found) < count:
        found += await take(source)
    return found


async def nothing_is_open(bus: BusConnection) -> None:
    """Returns once everything is delivered and acknowledged."""
    async with asyncio.timeout(10):
        while await open_in_consumer(bus) != (0, 0):
            pass


async def open_in_consumer(bus: BusConnection) -> tuple[int, int]:
    """Not delivered, not acknowledged."""
    info = await jetstream.call(bus, f"CONSUMER.INFO.{names.STREAM_RESULTS}.{names.RELAY_CONSUMER}")
    return info["num_pending"], info["num_ack_pending"]


async def test_every_result_comes_once_and_is_gone_when_done(bus: BusConnection) -> None:
    source = BusResultSource(bus)
    await store(bus, *(f"t{number}" for number in range(25)))
    deliveries = await taken(source, 25)
    assert sorted(one.result.execution.id for one in deliveries) == sorted(f"t{number}" for number in range(25))
    assert {one.attempt for one in deliveries} == {1}
    for delivery in deliveries:
        await delivery.done()
    await nothing_is_open(bus)


async def test_take_waits_for_the_first_result(bus: BusConnection) -> None:
    source = BusResultSource(bus)
    waiting = asyncio.create_task(take(source))
    await store(bus, "a")
    (delivery,) = await waiting
    assert delivery.result == a_result("a", "http://example.org/")


async def test_no_more_than_asked_for_is_taken(bus: BusConnection) -> None:
    await store(bus, *(f"t{number}" for number in range(5)))
    source = BusResultSource(bus)
    assert len(await take(source, 2)) <= 2
    assert (await open_in_consumer(bus))[1] <= 2


async def test_a_pause_outlives_a_restart_of_the_bus_and_of_the_gateway(start_nats: StartNats) -> None:
    server = start_nats()
    async with declared_bus(server) as bus:
        await store(bus, "a")
        (first,) = await take(BusResultSource(bus))
        await first.retry_in(PAUSE_S)
        asked_at_s = time.monotonic()
        while not (await open_in_consumer(bus))[1]:
            pass
    server.restart()
    async with declared_bus(server) as bus:
        (second,) = await take(BusResultSource(bus))
        assert time.monotonic() - asked_at_s > topology.RELAY_ACK_WAIT_S + 0.5
        assert (second.result.execution.id, second.attempt) == ("a", 2)


async def test_two_gateways_share_the_results(connect: Connect) -> None:
    first, second = await connect(), await connect()
    sources = [BusResultSource(first), BusResultSource(second)]
    await store(first, *(f"t{number}" for number in range(40)))
    seen: list[str] = []

    async def relay(source: BusResultSource) -> None:
        while True:
            for delivery in await source.take(4):
                seen.append(delivery.result.execution.id)
                await delivery.done()

    relays = [asyncio.create_task(relay(source)) for source in sources]
    await nothing_is_open(first)
    for one in relays:
        one.cancel()
    await asyncio.gather(*relays, return_exceptions=True)
    assert sorted(seen) == sorted(f"t{number}" for number in range(40))


async def test_a_result_handed_back_comes_again_with_the_next_attempt(bus: BusConnection) -> None:
    source = BusResultSource(bus)
    await store(bus, "a")
    (first,) = await take(source)
    await first.keep_alive()
    await first.retry_in(0.05)
    (second,) = await take(source)
    assert second.result.execution.id == "a"
    assert (first.attempt, second.attempt) == (1, 2)


async def test_a_buried_result_is_a_dead_letter_and_does_not_come_again(bus: BusConnection) -> None:
    source = BusResultSource(bus)
    await store(bus, "a")
    (delivery,) = await take(source)
    await delivery.bury("undelivered", "404 from the endpoint")
    buried = await jetstream.last_message(bus, names.STREAM_DEAD, names.dead_subject("undelivered", "a"))
    assert buried is not None
    letter = msgspec.json.decode(buried.payload, type=DeadLetter)
    assert (letter.id, letter.detail, letter.attempts) == ("a", "404 from the endpoint", 1)
    assert msgspec.json.decode(letter.payload, type=type(delivery.result)) == delivery.result
    await nothing_is_open(bus)


async def test_a_result_that_is_not_understood_is_buried_and_the_next_one_comes(bus: BusConnection) -> None:
    source = BusResultSource(bus)
    await bus.request(names.result_subject("bad"), b'{"nonsense": true}')
    await store(bus, "good")
    (delivery,) = await taken(source, 1)
    assert delivery.result.execution.id == "good"
    assert await jetstream.last_message(bus, names.STREAM_DEAD, names.dead_subject("undecodable", "bad")) is not None


async def test_results_come_on_after_a_restart_of_the_server(start_nats: StartNats) -> None:
    server = start_nats()
    async with declared_bus(server) as bus:
        source = BusResultSource(bus)
        await store(bus, "before")
        (delivery,) = await take(source)
        await delivery.done()
        waiting = asyncio.create_task(take(source))
        server.restart()
        with contextlib.suppress(BusUnavailableError):  # it went with the old connection, and may have come through
            await store(bus, "lost")
        await store(bus, "after")
        async with asyncio.timeout(SILENCE_S - 1):  # the reconnection is noticed, not only the silence
            ids = {delivery.result.execution.id for delivery in await waiting}
            while "after" not in ids:
                ids |= {delivery.result.execution.id for delivery in await take(source)}


async def test_a_deleted_consumer_is_declared_again(bus: BusConnection) -> None:
    source = BusResultSource(bus)
    await store(bus, "a")
    await jetstream.call(bus, f"CONSUMER.DELETE.{names.STREAM_RESULTS}.{names.RELAY_CONSUMER}")
    (delivery,) = await take(source)
    assert delivery.result.execution.id == "a"
