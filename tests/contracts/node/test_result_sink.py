"""What the runner relies on, of the fake as of the real adapter."""

from __future__ import annotations

from node.domain.verdict import stage_of
from schemas.execution import Execution, ResultMessage
from schemas.names import result_subject
from tests.contracts.node.conftest import Parts
from tests.fakes import node as fakes
from tests.fakes.node import a_task, an_outcome


def a_result(task_id: str, node_id: str, stdout: bytes = b"hello") -> ResultMessage:
    return fakes.a_result(a_task(task_id), node_id=node_id, run=stage_of(an_outcome(stdout=stdout)))


async def store(parts: Parts, result: ResultMessage) -> bool:
    return await parts.sink.store(result, result_subject(result.execution.id))


async def find(parts: Parts, task_id: str) -> Execution | None:
    return await parts.sink.find(result_subject(task_id))


async def test_the_first_result_stays_and_is_found(parts: Parts) -> None:
    first, second = a_result("t1", "first"), a_result("t1", "second")
    assert await store(parts, first)
    assert not await store(parts, second)
    assert await find(parts, "t1") == first.execution


async def test_each_task_has_its_own_result(parts: Parts) -> None:
    await store(parts, a_result("t1", "n1"))
    assert await find(parts, "t2") is None
    assert await find(parts, "t") is None


async def test_a_result_goes_to_the_reply_address_that_it_is_given(parts: Parts) -> None:
    result = a_result("t1", "n1")
    assert await parts.sink.store(result, result_subject("t1-elsewhere"))
    assert await find(parts, "t1") is None
    assert await find(parts, "t1-elsewhere") == result.execution


async def test_a_result_that_was_taken_away_is_not_found_and_another_can_be_stored(parts: Parts) -> None:
    await store(parts, a_result("t1", "first"))
    await parts.forget("t1")
    assert await find(parts, "t1") is None
    again = a_result("t1", "second")
    assert await store(parts, again)
    assert await find(parts, "t1") == again.execution


async def test_a_result_of_some_megabytes_is_found_as_it_was_stored(parts: Parts) -> None:
    large = a_result("t1", "n1", b"x" * (7 << 20))
    assert await store(parts, large)
    assert await find(parts, "t1") == large.execution
