"""Failures of ours: a task is tried again, so often, and then buried with a result."""

from __future__ import annotations

import pytest

from node.domain.retries import MAX_DELIVERIES, after_failure, before_start, given_up
from node.domain.sandbox import SandboxLostError
from schemas.execution import Execution, TaskEvent
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import a_result_of, a_task, an_event
from tests.fakes.node import FakeDelivery, FakeLedger, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes


async def test_a_lost_sandbox_hands_the_task_back_at_once() -> None:
    fakes = RunnerOnFakes(ScriptedPool(SandboxLostError("agent gone")))
    delivery = FakeDelivery(a_task())
    await fakes.runner.handle(delivery)
    assert delivery.said == ["retry_in 0"]
    assert fakes.sink.results == {}
    assert fakes.pool.open_slots == 0


async def test_a_task_that_found_no_slot_was_never_begun_and_is_no_poison() -> None:
    pool = ScriptedPool()
    pool.no_slot = SandboxLostError("the engine is away")
    fakes = RunnerOnFakes(pool, ledger=FakeLedger(0))
    delivery = FakeDelivery(a_task(), attempt=7)
    await fakes.runner.handle(delivery)
    assert delivery.said == ["retry_in 1.75"]
    assert fakes.statuses == []


def test_pauses_grow_and_are_bounded() -> None:
    assert [before_start(deliveries) for deliveries in (1, 2, 100)] == [0.25, 0.5, 5.0]
    assert [after_failure(attempt) for attempt in (1, 2, 3)] == [0.0, 3.0, 3.0]


def test_a_task_is_given_up_at_its_last_attempt_or_delivery_and_not_before() -> None:
    assert [given_up(attempt, 3, 1, begun=True) for attempt in (2, 3, 4)] == [False, True, True]
    assert not given_up(4, 3, 1, begun=False)
    for begun in (True, False):
        last = MAX_DELIVERIES
        assert [given_up(1, 3, deliveries, begun=begun) for deliveries in (last - 1, last, last + 1)] == [
            False,
            True,
            True,
        ]


async def test_a_task_that_lost_its_sandbox_for_the_last_time_is_buried_with_a_result() -> None:
    fakes = RunnerOnFakes(ScriptedPool(SandboxLostError("agent gone")), ledger=FakeLedger(2))
    delivery = FakeDelivery(a_task(), attempt=3)
    execution = await fakes.handle(delivery)
    assert (execution.status, execution.attempt) == (Status.INTERNAL_ERROR, 3)
    assert execution.error == "gave up at attempt 3, delivery 3: the sandbox was lost: agent gone"
    assert delivery.said == [f"bury poison: {execution.error}"]
    assert fakes.statuses == [Status.RUNNING, Status.INTERNAL_ERROR]


async def test_a_buried_task_of_which_a_faster_node_stored_the_result_is_not_announced_as_failed() -> None:
    fakes = RunnerOnFakes(ScriptedPool(SandboxLostError("agent gone")), ledger=FakeLedger(2))
    handling = fakes.runner.handle(FakeDelivery(a_task(), attempt=3))
    find = fakes.sink.find

    async def just_before(reply: str) -> Execution | None:
        found = await find(reply)
        fakes.sink.results["t1"] = a_result_of(a_task(), node_id="n0")
        return found

    fakes.sink.find = just_before  # type: ignore[method-assign] # another node is done while this one begins
    await handling
    assert fakes.statuses == [Status.RUNNING]


async def test_a_task_that_killed_its_nodes_is_buried_without_another_start() -> None:
    fakes = RunnerOnFakes(ScriptedPool(), ledger=FakeLedger(3))
    execution = await fakes.handle(FakeDelivery(a_task(), attempt=4))
    assert execution.status is Status.INTERNAL_ERROR
    assert execution.error == "gave up at attempt 3, delivery 4: begun 3 times, never finished"
    assert fakes.pool.launches == []


async def test_hand_backs_do_not_count_as_attempts() -> None:
    fakes = RunnerOnFakes(ScriptedPool(), ledger=FakeLedger(0))
    execution = await fakes.handle(FakeDelivery(a_task(), attempt=9))
    assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 1)


async def test_where_the_ledger_is_silent_deliveries_count() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    fakes.ledger.error = TimeoutError("no answer")
    assert (await fakes.handle(FakeDelivery(a_task(), attempt=2))).attempt == 2


async def test_a_failure_of_ours_is_tried_again_and_never_stops_the_slot() -> None:
    fakes = RunnerOnFakes(ScriptedPool(RuntimeError("a bug")))
    delivery = FakeDelivery(a_task())
    await fakes.runner.handle(delivery)
    assert delivery.said == ["retry_in 0"]
    assert fakes.log.troubles[0] == ("task_failed_on_us", "t1", "a bug")


LARGE = "#" * 20_000


def preparations_of(fakes: RunnerOnFakes) -> list[str]:
    """What the ledger is told of them from now on, in order."""
    said: list[str] = []

    async def preparing(event: TaskEvent) -> None:
        said.append("preparing")

    fakes.ledger.preparing = preparing  # type: ignore[method-assign] # to see the order
    fakes.ledger.prepared = lambda event: said.append("prepared")  # type: ignore[method-assign]
    return said


async def test_a_task_that_took_its_nodes_with_it_before_it_ran_is_buried() -> None:
    """It went from node to node, and its attempt stayed 1."""
    fakes = RunnerOnFakes(ScriptedPool())
    task = a_task(files=[SourceFile("", LARGE)])
    for _ in range(3):
        await fakes.ledger.preparing(an_event("t1", Status.QUEUED))
    execution = await fakes.handle(FakeDelivery(task, attempt=4))
    assert execution.error == "gave up at attempt 3, delivery 4: begun 3 times, never finished"
    assert fakes.pool.launches == []


@pytest.mark.parametrize(("files", "delivery"), [([SourceFile("", LARGE)], 1), ([SourceFile("", "")], 2)])
async def test_a_hand_back_after_the_preparation_is_no_attempt_and_a_run_is_one(
    files: list[SourceFile], delivery: int
) -> None:
    pool = ScriptedPool()
    fakes = RunnerOnFakes(pool)
    said = preparations_of(fakes)
    pool.no_slot = SandboxLostError("the engine is away")
    await fakes.runner.handle(FakeDelivery(a_task(files=files), attempt=delivery))
    assert (said, fakes.statuses) == (["preparing", "prepared"], [])
    pool.no_slot = None
    await fakes.handle(FakeDelivery(a_task(files=files), attempt=delivery))
    assert said == ["preparing", "prepared"] * 2
    assert fakes.statuses == [Status.RUNNING, Status.SUCCEEDED]


async def test_a_small_task_that_comes_for_the_first_time_has_no_preparation_to_tell_of() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    said = preparations_of(fakes)
    await fakes.handle(FakeDelivery(a_task()))
    assert said == []
