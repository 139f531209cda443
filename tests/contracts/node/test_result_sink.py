"""What the runner relies on, of the fake as of the real adapter."""

from __future__ import annotations

from node.application.reports import Run, execution_of, result_of
from node.application.workbench import Produced
from node.domain.verdict import stage_of
from schemas.execution import ResultMessage
from schemas.status import Status
from tests.builders import a_task, an_outcome
from tests.contracts.node.conftest import Parts


def a_result(task_id: str, node_id: str, stdout: bytes = b"hello") -> ResultMessage:
    run = Run(a_task(task_id), node_id, attempt=1, started_ms=0, language="python")
    return result_of(run, execution_of(run, Produced(Status.SUCCEEDED, run=stage_of(an_outcome(stdout=stdout))), 1))


async def test_the_first_result_stays_and_is_found(parts: Parts) -> None:
    first, second = a_result("t1", "first"), a_result("t1", "second")
    assert await parts.sink.store(first)
    assert not await parts.sink.store(second)
    assert await parts.sink.find("t1") == first.execution


async def test_each_task_has_its_own_result(parts: Parts) -> None:
    await parts.sink.store(a_result("t1", "n1"))
    assert await parts.sink.find("t2") is None
    assert await parts.sink.find("t") is None


async def test_a_result_that_was_taken_away_is_not_found_and_another_can_be_stored(parts: Parts) -> None:
    await parts.sink.store(a_result("t1", "first"))
    await parts.forget("t1")
    assert await parts.sink.find("t1") is None
    again = a_result("t1", "second")
    assert await parts.sink.store(again)
    assert await parts.sink.find("t1") == again.execution


async def test_a_result_of_some_megabytes_is_found_as_it_was_stored(parts: Parts) -> None:
    large = a_result("t1", "n1", b"x" * (7 << 20))
    assert await parts.sink.store(large)
    assert await parts.sink.find("t1") == large.execution
