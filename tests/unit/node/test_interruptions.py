"""What comes while a task runs: a cancel order, a stop, the same task again."""

from __future__ import annotations

import asyncio

import pytest

from node.application.attempt import Attempt, Attempts
from node.application.hold import Hold
from node.domain.retries import lost_after
from node.domain.sandbox import Ending
from schemas.execution import ResultMessage
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
    attempt = Attempt(FakeDelivery(a_task()), "n1", 1_500, message_bytes=8 << 20)
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
    await fakes.attempts.keep_alive(1)
    assert delivery.said == ["keep_alive"]


async def test_a_task_whose_keep_alives_are_not_confirmed_is_ended_and_nothing_is_said_of_it() -> None:
    fakes = RunnerOnFakes(ScriptedPool(), lost_after_s=0.0)
    delivery = FakeDelivery(a_task())
    await (await fakes.begin(delivery))
    assert fakes.pool.open_slots == 0
    assert (delivery.said, fakes.sink.results, fakes.log.tasks) == ([], {}, [])
    assert fakes.statuses == [Status.RUNNING]  # an attempt like any other: it counts
    assert [what for what, _, _ in fakes.log.troubles] == ["task_lost"]


async def test_a_slot_that_fails_while_it_is_ended_does_not_hand_back_what_is_somebody_elses() -> None:
    fakes = RunnerOnFakes(ScriptedPool(), lost_after_s=0.0)
    fakes.pool.lost_when_cancelled = True
    delivery = FakeDelivery(a_task())
    await (await fakes.begin(delivery))
    assert delivery.said == []
    assert [what for what, _, _ in fakes.log.troubles] == ["task_lost"]


async def test_a_hold_ends_as_long_after_the_last_confirmed_keep_alive_as_it_was_given() -> None:
    now = asyncio.get_running_loop().time()
    hold = Hold(60)
    async with hold.working():
        hold.renew(now + 30)
        hold.renew(now + 10)  # the answer to an earlier one comes later
        assert now + 89 < hold.until < now + 91


async def test_a_task_that_came_before_the_ack_wait_was_known_is_kept_alive_as_often_as_its_hold_asks() -> None:
    attempts = Attempts()
    assert attempts.keep_alive_every_s(6.0) == 2.0
    early = Attempt(FakeDelivery(a_task()), "n1", 1_500, lost_after_s=lost_after(0.9))
    attempts.enter(early)
    assert 2 * attempts.keep_alive_every_s(6.0) < early.hold.for_s  # one answer may be late
    attempts.leave(early)
    attempts.enter(Attempt(FakeDelivery(a_task()), "n1", 1_500, lost_after_s=lost_after(6.0)))
    assert attempts.keep_alive_every_s(6.0) == 2.0


async def test_what_failed_in_time_is_no_loss() -> None:
    with pytest.raises(TimeoutError):
        async with Hold(60).working():
            raise TimeoutError


async def test_an_unconfirmed_keep_alive_renews_nothing() -> None:
    delivery = FakeDelivery(a_task(), confirms=False)
    attempt = Attempt(delivery, "n1", 1_500)
    before = attempt.hold.until
    await attempt.keep_alive(1)
    assert attempt.hold.until == before
    delivery.confirms = True
    await attempt.keep_alive(1)
    assert attempt.hold.until > before


async def test_a_result_that_waits_to_be_stored_is_never_lost() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    storing, store, may_store = asyncio.Event(), fakes.sink.store, asyncio.Event()

    async def slowly(result: ResultMessage, reply: str) -> bool:
        storing.set()
        await may_store.wait()
        return await store(result, reply)

    fakes.sink.store = slowly  # type: ignore[method-assign] # a bus that is away
    delivery = FakeDelivery(a_task())
    handling = asyncio.create_task(fakes.runner.handle(delivery))
    await storing.wait()
    attempt = fakes.attempts.get("t1")
    assert attempt is not None
    assert not attempt.hold.working_now
    may_store.set()
    await handling
    assert delivery.said == ["done"]


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
