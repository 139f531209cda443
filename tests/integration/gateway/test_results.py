"""The result store on a real server."""

from __future__ import annotations

import asyncio

import pytest

from broker_gateway.infrastructure.bus.rerun import BusTaskRerun
from broker_gateway.infrastructure.bus.results import BusResultStore
from chassis.nats.connection import BusConnection
from schemas import names
from tests.integration.gateway import samples
from tests.integration.gateway.conftest import Connect


@pytest.fixture
def store(bus: BusConnection) -> BusResultStore:
    return BusResultStore(bus)


async def test_a_stored_result_is_found_whole(store: BusResultStore) -> None:
    result = samples.result("a", "http://example.org/done", error="größer")
    assert await store.store(result)
    assert await store.find("a") == result


async def test_a_task_without_a_result_has_none(store: BusResultStore) -> None:
    assert await store.find("nobody") is None


async def test_of_results_written_at_once_on_two_connections_the_first_stays(connect: Connect) -> None:
    stores = [BusResultStore(await connect()) for _ in range(2)]
    results = [samples.result("a", node_id=f"node-{number}") for number in range(20)]
    answers = await asyncio.gather(*(stores[i % 2].store(result) for i, result in enumerate(results)))
    assert answers.count(True) == 1
    assert await stores[0].find("a") == results[answers.index(True)]


async def test_a_writer_that_sends_no_precondition_cannot_replace_a_result(
    bus: BusConnection, store: BusResultStore
) -> None:
    await store.store(samples.result("a"))
    answer = await bus.request(names.result_subject("a"), b"{}")
    assert b"maximum messages per subject" in answer.data
    assert await store.find("a") == samples.result("a")


async def test_a_forgotten_result_is_gone_and_can_be_written_again(bus: BusConnection, store: BusResultStore) -> None:
    await store.store(samples.result("a"))
    await store.store(samples.result("b"))
    rerun = BusTaskRerun(bus)
    assert await rerun.forget_result(await rerun.snapshot("a"))
    assert await store.find("a") is None
    assert await store.find("b") is not None
    assert await store.store(samples.result("a"))
