"""A task from its delivery to its stored result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.domain.sandbox import Ending, Role
from schemas.status import Status
from tests.builders import CPP, PYTHON, a_case, a_task, an_outcome
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes


async def test_a_task_runs_and_its_result_is_stored_before_it_is_acknowledged() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(stdout=b"hello\n")))
    delivery = FakeDelivery(a_task(args=["a"], stdin="in", env={"K": "v"}))
    execution = await fakes.handle(delivery)
    assert (execution.status, execution.node_id, execution.attempt) == (Status.SUCCEEDED, "n1", 1)
    assert (execution.language_version, execution.queued_ms, execution.labels) == ("3.13.5", 500.0, {"post": "7"})
    assert execution.run is not None
    assert execution.run.stdout == "hello\n"
    role, launch = fakes.pool.launches[0]
    assert (role, launch.command, launch.stdin, launch.env) == (
        Role.RUN,
        ("python3", "main.py", "a"),
        b"in",
        {"K": "v"},
    )
    assert delivery.said == ["done"]
    assert fakes.statuses == [Status.RUNNING, Status.SUCCEEDED]
    assert fakes.log.tasks[0].stored


async def test_a_task_of_a_gateway_whose_clock_is_ahead_has_waited_no_time() -> None:
    fakes = RunnerOnFakes(ScriptedPool(), now_ms=999)
    assert (await fakes.handle(FakeDelivery(a_task()))).queued_ms == 0


async def test_a_result_that_is_there_already_still_means_done() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    await fakes.handle(FakeDelivery(a_task()))
    late = FakeDelivery(a_task())
    await fakes.runner.handle(late)
    assert late.said == ["done"]
    assert fakes.statuses == [Status.RUNNING, Status.SUCCEEDED, Status.RUNNING]
    assert not fakes.log.tasks[1].stored


async def test_a_result_that_cannot_be_stored_is_never_acknowledged() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    fakes.sink.error = TimeoutError("the bus is away")
    delivery = FakeDelivery(a_task())
    await fakes.runner.handle(delivery)
    assert delivery.said == []
    assert fakes.log.troubles[0][:2] == ("task_left_unacknowledged", "t1")


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
    execution = await RunnerOnFakes(ScriptedPool(outcome)).handle(delivery)  # type: ignore[arg-type] # an Outcome
    assert execution.status is status
    assert delivery.said == ["done"]


async def test_a_result_is_stored_and_looked_for_at_the_reply_that_its_task_names() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    task = a_task("t1", reply="somewhere.else")
    await fakes.runner.handle(FakeDelivery(task))
    assert fakes.sink.replies == ["somewhere.else"]
    again = FakeDelivery(task, attempt=2)
    await fakes.runner.handle(again)
    assert again.said == ["done"]
    assert len(fakes.pool.launches) == 1


async def test_a_finished_task_is_logged_with_the_time_that_this_node_took() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    handling = await fakes.begin(FakeDelivery(a_task()))
    fakes.now_ms = 3_400
    await fakes.cancel("t1")
    await handling
    (line,) = fakes.log.tasks
    assert (line.total_ms, line.execution.queued_ms, line.execution.finished_at_ms) == (1_900, 500, 3_400)
    assert (line.client, line.pool, line.priority, line.compile_ms, line.run_ms) == ("blog", "default", "NORMAL", 0, 3)


async def test_a_task_that_was_refused_is_logged_as_neither_compiled_nor_cached() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    await fakes.handle(FakeDelivery(a_task(entry_point="nowhere.py")))
    (line,) = fakes.log.tasks
    assert (line.cached, line.compile_ms, line.run_ms) == (False, 0, 0)


async def test_a_task_with_cases_is_logged_with_the_time_of_all_of_them() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(wall_ms=5.0, exit_code=1), an_outcome(wall_ms=7.0)))
    await fakes.handle(FakeDelivery(a_task(cases=[a_case(), a_case()])))
    assert fakes.log.tasks[0].run_ms == 12


async def test_a_name_wins_over_another_languages_alias_as_in_the_gateway() -> None:
    other = replace(CPP, name="other", aliases=("python",), compile=None)
    pool = ScriptedPool(languages=[other, PYTHON])
    assert (await RunnerOnFakes(pool).handle(FakeDelivery(a_task()))).language == "python"
