"""What the runner relies on, of the fake as of the real adapter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from node.application.ports import ResultSink
from node.infrastructure.bus.sink import NatsResultSink
from schemas import names
from schemas.execution import Execution, ResultMessage
from tests.builders import a_result, a_stage
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.contracts.node.real_bus import RealBus
from tests.fakes.node import MemorySink


@dataclass
class Parts:
    """Where results are stored, and what others do to it."""

    sink: ResultSink
    forget: Callable[[str], Awaitable[None]]
    """An operator takes a task's result away."""
    goes: Callable[[], object]
    """From now on nobody can tell."""


@pytest.fixture
def memory_parts() -> Parts:
    sink = MemorySink()

    async def forget(task_id: str) -> None:
        del sink.results[task_id]

    def goes() -> None:
        sink.error = ConnectionError("the bus is away")

    return Parts(sink, forget, goes)


@pytest.fixture
def nats_parts(real_bus: RealBus) -> Parts:
    async def forget(task_id: str) -> None:
        purged = {"filter": names.result_subject(task_id)}
        await real_bus.gateway.ask(f"STREAM.PURGE.{names.STREAM_RESULTS}", purged)

    return Parts(NatsResultSink(real_bus.publisher), forget, real_bus.server.stop)


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def store(parts: Parts, result: ResultMessage) -> bool:
    return await parts.sink.store(result, names.result_subject(result.execution.id))


async def find(parts: Parts, task_id: str) -> Execution | None:
    return await parts.sink.find(names.result_subject(task_id))


async def test_the_first_result_stays_and_is_found(parts: Parts) -> None:
    first, second = a_result("t1", node_id="first"), a_result("t1", node_id="second")
    assert await store(parts, first)
    assert not await store(parts, second)
    assert await find(parts, "t1") == first.execution


async def test_each_task_has_its_own_result(parts: Parts) -> None:
    await store(parts, a_result("t1", node_id="n1"))
    assert await find(parts, "t2") is None
    assert await find(parts, "t") is None


async def test_a_result_goes_to_the_reply_address_that_it_is_given(parts: Parts) -> None:
    result = a_result("t1")
    assert await parts.sink.store(result, names.result_subject("t1-elsewhere"))
    assert await find(parts, "t1") is None
    assert await find(parts, "t1-elsewhere") == result.execution


async def test_a_result_that_was_taken_away_is_not_found_and_another_can_be_stored(parts: Parts) -> None:
    await store(parts, a_result("t1", node_id="first"))
    await parts.forget("t1")
    assert await find(parts, "t1") is None
    again = a_result("t1", node_id="second")
    assert await store(parts, again)
    assert await find(parts, "t1") == again.execution


async def test_a_result_of_some_megabytes_is_found_as_it_was_stored(parts: Parts) -> None:
    large = a_result("t1", run=a_stage("x" * (7 << 20)))
    assert await store(parts, large)
    assert await find(parts, "t1") == large.execution


async def test_where_nobody_can_tell_that_is_an_error_and_not_no_result(parts: Parts) -> None:
    await store(parts, a_result("t1"))
    parts.goes()
    with pytest.raises((OSError, TimeoutError)):
        await find(parts, "t1")
