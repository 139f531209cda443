"""What comes while a task runs: a cancel order, a stop, the same task again."""

from __future__ import annotations

import asyncio

from node.application.attempt import Attempt
from node.domain.sandbox import Ending
from schemas.status import Status, Verdict
from tests.builders import a_case, a_task
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes


async def test_a_cancelled_task_keeps_its_partial_output() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    fakes.pool.says = b"so far"
    delivery = FakeDelivery(a_task())
    handling = await fakes.begin(delivery)
    await fakes.cancel("t1")
    await handling
    execution = fakes.sink.results["t1"].execution
    assert execution.status is Status.CANCELLED
    assert execution.run is not None
    assert execution.run.stdout == "so far"
    assert delivery.said == ["done"]
    assert len(fakes.attempts) == 0


async def test_a_task_cancelled_before_its_launch_starts_nothing() -> None:
    attempt = Attempt(FakeDelivery(a_task()), "n1", 1_500)
    await attempt.cancel()
    outcome = await attempt.run(None, None, None)  # type: ignore[arg-type] # nothing may be touched
    assert outcome.ending is Ending.CANCELLED


async def test_a_stopped_slot_hands_its_task_back() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    delivery = FakeDelivery(a_task())
    handling = await fakes.begin(delivery)
    handling.cancel()
    await asyncio.wait({handling})
    assert handling.cancelled()
    assert delivery.said == ["retry_in 0"]
    assert fakes.pool.open_slots == 0


async def test_a_task_that_comes_again_while_it_runs_here_is_run_once() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    handling = await fakes.begin(FakeDelivery(a_task()))
    again = FakeDelivery(a_task(), attempt=2)
    await fakes.runner.handle(again)
    assert again.said == []
    assert len(fakes.pool.launches) == 1
    handling.cancel()
    await asyncio.wait({handling})


async def test_running_tasks_are_kept_alive() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    delivery = FakeDelivery(a_task())
    fakes.attempts.enter(Attempt(delivery, "n1", 1_500))
    await fakes.attempts.keep_alive()
    assert delivery.said == ["keep_alive"]


async def test_a_task_cancelled_between_its_cases_keeps_what_was_judged() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    fakes.pool.says = b"half"
    handling = await fakes.begin(FakeDelivery(a_task(cases=[a_case(), a_case()])))
    await fakes.cancel("t1")
    await handling
    execution = fakes.sink.results["t1"].execution
    assert execution.status is Status.CANCELLED
    assert [case.verdict for case in execution.cases] == [Verdict.SKIPPED, Verdict.SKIPPED]
    assert execution.cases[0].stage is not None
    assert execution.cases[0].stage.stdout == "half"
