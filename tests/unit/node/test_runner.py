"""A task from its delivery to its stored result."""

from __future__ import annotations

import pytest

from node.domain.sandbox import Ending, Role
from schemas.status import Status
from tests.builders import a_task, an_outcome
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import Bench


async def test_a_task_runs_and_its_result_is_stored_before_it_is_acknowledged() -> None:
    bench = Bench(ScriptedPool(an_outcome(stdout=b"hello\n")))
    delivery = FakeDelivery(a_task(args=["a"], stdin="in", env={"K": "v"}))
    execution = await bench.handle(delivery)
    assert (execution.status, execution.node_id, execution.attempt) == (Status.SUCCEEDED, "n1", 1)
    assert (execution.language_version, execution.queued_ms, execution.labels) == ("3.13.5", 500.0, {"post": "7"})
    assert execution.run is not None
    assert execution.run.stdout == "hello\n"
    role, launch = bench.pool.launches[0]
    assert (role, launch.command, launch.stdin, launch.env) == (
        Role.RUN,
        ("python3", "main.py", "a"),
        b"in",
        {"K": "v"},
    )
    assert delivery.said == ["done"]
    assert bench.statuses == [Status.RUNNING, Status.SUCCEEDED]
    assert bench.log.tasks[0].stored


async def test_a_result_that_is_there_already_still_means_done() -> None:
    bench = Bench(ScriptedPool())
    await bench.handle(FakeDelivery(a_task()))
    late = FakeDelivery(a_task())
    await bench.runner.handle(late)
    assert late.said == ["done"]
    assert bench.statuses == [Status.RUNNING, Status.SUCCEEDED, Status.RUNNING]
    assert not bench.log.tasks[1].stored


async def test_a_result_that_cannot_be_stored_is_never_acknowledged() -> None:
    bench = Bench(ScriptedPool())
    bench.sink.error = TimeoutError("the bus is away")
    delivery = FakeDelivery(a_task())
    await bench.runner.handle(delivery)
    assert delivery.said == []
    assert bench.log.troubles[0][:2] == ("task left unacknowledged", "t1")


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (an_outcome(exit_code=3), Status.FAILED),
        (an_outcome(Ending.WALL, None, stdout=b"partial"), Status.TIME_LIMIT),
        (an_outcome(Ending.MEMORY, None), Status.MEMORY_LIMIT),
    ],
)
async def test_what_the_program_did_is_a_result(outcome: object, status: Status) -> None:
    delivery = FakeDelivery(a_task())
    execution = await Bench(ScriptedPool(outcome)).handle(delivery)  # type: ignore[arg-type] # an Outcome
    assert execution.status is status
    assert delivery.said == ["done"]
