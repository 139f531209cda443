"""Failures of ours: a task is tried again, so often, and then buried with a result."""

from __future__ import annotations

from node.domain.retries import after_failure, before_start
from node.domain.sandbox import SandboxLostError
from schemas.status import Status
from tests.fakes.node import FakeDelivery, FakeLedger, ScriptedPool, a_task
from tests.unit.node.runner_on_fakes import Bench


async def test_a_lost_sandbox_hands_the_task_back_at_once() -> None:
    bench = Bench(ScriptedPool(SandboxLostError("agent gone")))
    delivery = FakeDelivery(a_task())
    await bench.runner.handle(delivery)
    assert delivery.said == ["retry_in 0"]
    assert bench.sink.results == {}
    assert bench.pool.open_slots == 0


async def test_a_task_that_found_no_slot_was_never_begun_and_is_no_poison() -> None:
    pool = ScriptedPool()
    pool.no_slot = SandboxLostError("the engine is away")
    bench = Bench(pool, ledger=FakeLedger(0))
    delivery = FakeDelivery(a_task(), attempt=7)
    await bench.runner.handle(delivery)
    assert delivery.said == ["retry_in 1.75"]
    assert bench.statuses == []


def test_pauses_grow_and_are_bounded() -> None:
    assert [before_start(deliveries) for deliveries in (1, 2, 100)] == [0.25, 0.5, 5.0]
    assert [after_failure(attempt) for attempt in (1, 2, 3)] == [0.0, 3.0, 3.0]


async def test_a_task_that_lost_its_sandbox_for_the_last_time_is_buried_with_a_result() -> None:
    bench = Bench(ScriptedPool(SandboxLostError("agent gone")), ledger=FakeLedger(2))
    delivery = FakeDelivery(a_task(), attempt=3)
    execution = await bench.handle(delivery)
    assert (execution.status, execution.attempt) == (Status.INTERNAL_ERROR, 3)
    assert execution.error == "gave up at attempt 3, delivery 3: the sandbox was lost: agent gone"
    assert delivery.said == [f"bury poison: {execution.error}"]


async def test_a_task_that_killed_its_nodes_is_buried_without_another_start() -> None:
    bench = Bench(ScriptedPool(), ledger=FakeLedger(3))
    execution = await bench.handle(FakeDelivery(a_task(), attempt=4))
    assert execution.status is Status.INTERNAL_ERROR
    assert execution.error == "gave up at attempt 3, delivery 4: begun 3 times, never finished"
    assert bench.pool.launches == []


async def test_hand_backs_do_not_count_as_attempts() -> None:
    bench = Bench(ScriptedPool(), ledger=FakeLedger(0))
    execution = await bench.handle(FakeDelivery(a_task(), attempt=9))
    assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 1)


async def test_where_the_ledger_is_silent_deliveries_count() -> None:
    bench = Bench(ScriptedPool())
    bench.ledger.error = TimeoutError("no answer")
    assert (await bench.handle(FakeDelivery(a_task(), attempt=2))).attempt == 2


async def test_a_failure_of_ours_is_tried_again_and_never_stops_the_slot() -> None:
    bench = Bench(ScriptedPool(RuntimeError("a bug")))
    delivery = FakeDelivery(a_task())
    await bench.runner.handle(delivery)
    assert delivery.said == ["retry_in 0"]
    assert bench.log.troubles[0] == ("task_failed_on_us", "t1", "a bug")
