"""The sweep of RESULTS on a real server: what is recorded and relayed goes, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from broker_gateway.application.ports import ResultDelivery
from broker_gateway.infrastructure.bus import declare
from broker_gateway.infrastructure.bus.history_source import BusHistorySource
from broker_gateway.infrastructure.bus.relayed import RelayedResults
from broker_gateway.infrastructure.bus.result_source import BusResultSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.sweep import Sweep
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.status import DeadReason
from tests.builders import a_result

LATER_S = 3600.0
RESULTS = names.STREAM_RESULTS
WAITS, URL = "waits", "http://example.org/"


async def _filled(bus: BusConnection, younger: int) -> None:
    """One result whose callback will not be taken, and younger ones."""
    await declare.ensure_consumer(bus, RESULTS, topology.history_consumers()[RESULTS])
    for task_id in (WAITS, *(f"t{number}" for number in range(younger))):
        assert await BusResultStore(bus).store(a_result(task_id, URL if task_id == WAITS else None))


async def _record(bus: BusConnection, count: int) -> None:
    source, recorded = BusHistorySource(bus, RESULTS), 0
    async with asyncio.timeout(20):
        while recorded < count:
            entries = await source.take(500)
            for entry in entries:
                entry.done()
            recorded += len(entries)
    await _settled(bus, names.HISTORY_CONSUMER, 0)


async def _relay(bus: BusConnection, relayed: RelayedResults, count: int) -> None:
    source, taken = BusResultSource(bus, relayed), 0
    async with asyncio.timeout(20):
        while taken < count:
            deliveries = await source.take(500)
            for delivery in deliveries:
                await _end(delivery)
            taken += len(deliveries)
    await _settled(bus, names.RELAY_CONSUMER, 1)


async def _end(delivery: ResultDelivery) -> None:
    if delivery.result.execution.id == WAITS:
        await delivery.retry_in(LATER_S)
    else:
        await delivery.done()


async def _settled(bus: BusConnection, consumer: str, unsettled: int) -> None:
    async with asyncio.timeout(10):
        while True:
            info = await jetstream.call(bus, f"CONSUMER.INFO.{RESULTS}.{consumer}")
            if (info["num_pending"], info["num_ack_pending"]) == (0, unsettled):
                return


async def _left(bus: BusConnection) -> set[str]:
    info = await jetstream.call(bus, f"STREAM.INFO.{RESULTS}", {"subjects_filter": ">"})
    return {names.task_of(subject) for subject in info["state"].get("subjects") or {}}


async def test_a_result_that_waits_for_its_callback_keeps_no_younger_one_on_the_bus(bus: BusConnection) -> None:
    """Everything behind it stayed until its last try, twelve hours later."""
    relayed = RelayedResults()
    await _filled(bus, 200)
    await _relay(bus, relayed, 201)
    await _record(bus, 201)
    sweep = Sweep(bus, {RESULTS: 0.0}, relayed)
    assert await sweep.sweep(RESULTS) == 200
    assert await _left(bus) == {WAITS}
    assert await sweep.sweep(RESULTS) == 0
    await BusResultStore(bus).store(a_result("next"))
    await _relay(bus, relayed, 1)
    await _record(bus, 1)
    assert await sweep.sweep(RESULTS) == 1
    assert await _left(bus) == {WAITS}


@pytest.mark.parametrize("kept_for", ["its record", "its age", "another gateway's relay"])
async def test_a_result_stays_for(bus: BusConnection, kept_for: str) -> None:
    relayed = RelayedResults()
    await _filled(bus, 3)
    await _relay(bus, RelayedResults() if kept_for == "another gateway's relay" else relayed, 4)
    if kept_for != "its record":
        await _record(bus, 4)
    sweep = Sweep(bus, {RESULTS: LATER_S if kept_for == "its age" else 0.0}, relayed)
    assert await sweep.sweep(RESULTS) == 0
    assert await _left(bus) == {WAITS, "t0", "t1", "t2"}


async def test_a_buried_result_goes_too_and_the_last_takes_all_with_it(bus: BusConnection) -> None:
    relayed = RelayedResults()
    await _filled(bus, 0)
    source = BusResultSource(bus, relayed)
    (first,) = await source.take(1)
    await BusResultStore(bus).store(a_result("dead", URL))
    (second,) = await source.take(1)
    await second.bury(DeadReason.UNDELIVERED, "nobody there")
    await _record(bus, 2)
    sweep = Sweep(bus, {RESULTS: 0.0}, relayed)
    assert await sweep.sweep(RESULTS) == 1
    assert await _left(bus) == {WAITS}
    await first.done()
    await _settled(bus, names.RELAY_CONSUMER, 0)
    assert await sweep.sweep(RESULTS) == 1
    assert await _left(bus) == set()


def test_what_is_remembered_is_bounded_and_forgets_the_oldest() -> None:
    relayed = RelayedResults(max_known=3)
    for sequence in (5, 9, 7, 8):
        relayed.add(sequence)
    assert relayed.taken(8, 9) == [8]
    assert relayed.taken(1, 100) == [9]
