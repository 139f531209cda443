"""A task that comes once more: what is left to do, and nothing else."""

from __future__ import annotations

import pytest

from schemas.status import Status
from tests.builders import a_result_of, a_task
from tests.fakes.node import FakeDelivery, FakeLedger, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes


def with_a_result(status: Status = Status.SUCCEEDED, error: str = "") -> RunnerOnFakes:
    """Another node stored it, at its second attempt."""
    fakes = RunnerOnFakes(ScriptedPool(), ledger=FakeLedger(2))
    fakes.sink.results["t1"] = a_result_of(
        a_task(), status, "n0", attempt=2, language_version="3.12", error=error, finished_at_ms=1_300
    )
    return fakes


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.TIME_LIMIT, Status.CANCELLED, Status.EXPIRED])
async def test_with_a_stored_result_it_is_only_acknowledged(status: Status) -> None:
    fakes = with_a_result(status)
    delivery = FakeDelivery(a_task(), attempt=2)
    execution = await fakes.handle(delivery)
    assert delivery.said == ["done"]
    assert fakes.pool.launches == []
    assert execution.node_id == "n0"


async def test_its_final_event_is_said_in_the_name_of_the_node_that_stored_it() -> None:
    fakes = with_a_result()
    await fakes.runner.handle(FakeDelivery(a_task(), attempt=3))
    (event,) = fakes.announcer.events
    told = (event.status, event.node_id, event.attempt, event.at_ms, event.language_version)
    assert told == (Status.SUCCEEDED, "n0", 2, 1_300, "3.12")
    assert fakes.log.troubles == [("task_came_again_with_a_result", "t1", "stored by n0")]


async def test_one_that_was_given_up_still_goes_to_the_dead_letters() -> None:
    fakes = with_a_result(Status.INTERNAL_ERROR, "gave up at attempt 3")
    delivery = FakeDelivery(a_task(), attempt=4)
    await fakes.runner.handle(delivery)
    assert delivery.said == ["bury poison: gave up at attempt 3"]
    assert fakes.pool.launches == []


async def test_a_first_delivery_asks_nobody() -> None:
    fakes = with_a_result()
    fakes.ledger.error = TimeoutError("must not be asked")
    delivery = FakeDelivery(a_task(), attempt=1)
    await fakes.runner.handle(delivery)
    assert len(fakes.pool.launches) == 1
    assert fakes.log.troubles == []


async def test_it_runs_again_where_nobody_can_tell_and_the_first_result_stays() -> None:
    fakes = with_a_result()

    async def silent(reply: str) -> None:
        raise TimeoutError("no answer")

    fakes.sink.find = silent  # type: ignore[method-assign] # the results' leader is away
    delivery = FakeDelivery(a_task(), attempt=2)
    execution = await fakes.handle(delivery)
    assert len(fakes.pool.launches) == 1
    assert execution.node_id == "n0"
    assert delivery.said == ["done"]
    assert not fakes.log.tasks[0].stored
