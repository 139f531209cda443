"""Dead letters tried again: once each, whatever stops half way."""

from __future__ import annotations

import asyncio

import msgspec

from broker_gateway.application.callback_delivery import idempotency_key
from broker_gateway.application.commands import Busy, NotRedriven, UnknownLetter
from broker_gateway.application.settings import OperationsSettings
from broker_gateway.domain.seals import Seals
from chassis.errors import BusUnavailableError
from schemas.status import Status
from schemas.task import Callback
from tests.builders import a_dead_letter, a_poison_letter, a_result, a_result_of, a_task, an_undelivered_letter
from tests.fakes.callbacks import refused
from tests.unit.gateway.dead_tasks import buried, undelivered
from tests.unit.gateway.gateway_on_fakes import NOW_MS, GatewayOnFakes


async def test_a_poisonous_task_is_queued_again_and_its_failure_forgotten(gateway: GatewayOnFakes) -> None:
    task = buried(gateway)
    assert await gateway.operations.redrive("t1") is None
    assert gateway.bus.tasks == {"t1": task}
    assert gateway.bus.results == {}
    assert gateway.bus.history["t1"].status is Status.QUEUED
    assert gateway.dead.kept == []


async def test_its_queue_deadline_starts_over(gateway: GatewayOnFakes) -> None:
    buried(gateway, submitted_at_ms=1000, expires_at_ms=3000)
    await gateway.operations.redrive("t1")
    assert gateway.bus.tasks["t1"].expires_at_ms == NOW_MS + 2000


async def test_its_callback_is_told_under_a_key_of_each_runs_own(gateway: GatewayOnFakes) -> None:
    keys = {idempotency_key(Callback(url="http://h/"), a_result("t1").execution)}
    for run in range(2):
        gateway.bus.tasks.clear()
        buried(gateway, callback=Callback(url="http://h/"))
        assert await gateway.operations.redrive("t1") is None
        callback = gateway.bus.tasks["t1"].callback
        assert callback is not None
        assert callback.url == "http://h/"
        keys.add(idempotency_key(callback, a_result("t1").execution))
        assert len(keys) == run + 2
    assert "t1" in keys


async def test_the_letter_goes_only_once_the_task_is_queued(gateway: GatewayOnFakes) -> None:
    buried(gateway)

    async def nothing_is_lost() -> None:
        assert "t1" in gateway.bus.tasks

    gateway.bus.before["remove_letter"] = nothing_is_lost
    assert await gateway.operations.redrive("t1") is None


async def test_redriven_by_two_at_once_it_runs_once(gateway: GatewayOnFakes) -> None:
    buried(gateway)
    await asyncio.gather(*(gateway.operations.redrive("t1") for _ in range(5)))
    assert len(gateway.rerun.runs) == 1
    assert await gateway.operations.redrive("t1") == UnknownLetter("t1")


async def test_a_second_redrive_that_comes_late_neither_runs_it_nor_takes_its_result(gateway: GatewayOnFakes) -> None:
    buried(gateway)

    async def another_one_was_faster() -> None:
        await gateway.operations.redrive("t1")
        gateway.finish("t1")

    gateway.bus.before["forget_exact_result"] = another_one_was_faster
    await gateway.operations.redrive("t1")
    assert len(gateway.rerun.runs) == 1
    assert gateway.bus.results["t1"].execution.status is Status.SUCCEEDED


async def test_a_gateway_that_died_after_it_queued_the_task_only_left_the_letter(gateway: GatewayOnFakes) -> None:
    for end in (lambda: None, lambda: gateway.finish("t1")):
        gateway.dead.kept.clear()
        gateway.bus.tasks.clear()
        gateway.rerun.runs.clear()
        task = buried(gateway)
        gateway.bus.results.clear()
        gateway.bus.tasks["t1"] = task
        end()
        assert await gateway.operations.redrive("t1") is None
        assert gateway.rerun.runs == []
        assert gateway.dead.kept == []


async def test_a_gateway_that_died_before_it_queued_the_task_left_all_that_is_needed(gateway: GatewayOnFakes) -> None:
    buried(gateway)
    gateway.bus.results.clear()
    assert await gateway.operations.redrive("t1") is None
    assert len(gateway.rerun.runs) == 1


async def test_a_task_that_is_just_leaving_its_queue_is_waited_for(gateway: GatewayOnFakes) -> None:
    gateway.bus.tasks["t1"] = buried(gateway)

    async def still_there() -> None:
        gateway.bus.before["snapshot"] = gone_at_the_second_look

    async def gone_at_the_second_look() -> None:
        del gateway.bus.tasks["t1"]

    gateway.bus.before["snapshot"] = still_there
    assert await gateway.operations.redrive("t1") is None
    assert len(gateway.rerun.runs) == 1


async def test_a_task_that_does_not_leave_its_queue_keeps_its_letter_and_its_result(gateway: GatewayOnFakes) -> None:
    gateway.bus.tasks["t1"] = buried(gateway)
    assert isinstance(await gateway.operations.redrive("t1"), NotRedriven)
    assert len(gateway.dead.kept) == 1
    assert "t1" in gateway.bus.results


async def test_a_full_queue_refuses_and_everything_is_as_it_was(gateway: GatewayOnFakes) -> None:
    buried(gateway)
    gateway.bus.max_tasks = 0
    assert isinstance(await gateway.operations.redrive("t1"), Busy)
    assert gateway.bus.results["t1"].execution.status is Status.INTERNAL_ERROR
    assert gateway.bus.history["t1"].status is Status.INTERNAL_ERROR
    assert len(gateway.dead.kept) == 1


async def test_while_the_bus_is_away_nothing_is_lost(gateway: GatewayOnFakes) -> None:
    buried(gateway)

    async def goes_away() -> None:
        gateway.bus.is_down = True

    for step in ("snapshot", "forget_exact_result", "enqueue_again", "remove_letter"):
        gateway.bus.before[step] = goes_away
        try:
            await gateway.operations.redrive("t1")
        except BusUnavailableError:
            gateway.bus.is_down = False
        else:
            raise AssertionError(step)
    await gateway.operations.redrive("t1")
    assert len(gateway.rerun.runs) == 1
    assert gateway.dead.kept == []


async def test_an_undelivered_result_goes_to_its_callback(gateway: GatewayOnFakes) -> None:
    result = undelivered(gateway)
    assert await gateway.operations.redrive("t1") is None
    assert gateway.transport.delivered == [("http://h/", result.execution, "t1")]
    assert gateway.dead.kept == []
    assert gateway.bus.results == {"t1": result}


async def test_a_callback_that_refuses_again_keeps_the_letter_and_says_why(gateway: GatewayOnFakes) -> None:
    undelivered(gateway)
    gateway.transport.answers["http://h/"] = [refused("the endpoint answered 503")]
    answer = await gateway.operations.redrive("t1")
    assert answer == NotRedriven("the callback did not take it: the endpoint answered 503")
    assert len(gateway.dead.kept) == 1


async def test_a_failure_that_was_not_delivered_either_is_not_delivered_but_run_again(gateway: GatewayOnFakes) -> None:
    buried(gateway)
    gateway.dead.bury(an_undelivered_letter(gateway.bus.results["t1"]))
    assert await gateway.operations.redrive("t1") is None
    assert gateway.transport.delivered == []
    assert gateway.dead.kept == []
    assert len(gateway.rerun.runs) == 1


async def test_what_cannot_be_read_stays(gateway: GatewayOnFakes) -> None:
    for reason in ("poison", "undelivered", "malformed"):
        letter = a_dead_letter("t1", reason, payload="{}")
        gateway.dead.kept.clear()
        gateway.dead.bury(letter)
        assert isinstance(await gateway.operations.redrive("t1"), NotRedriven), reason
        assert len(gateway.dead.kept) == 1


async def test_an_id_without_a_letter_is_unknown(gateway: GatewayOnFakes) -> None:
    for task_id in ("t1", "", "a.b", "*", ">"):
        assert await gateway.operations.redrive(task_id) == UnknownLetter(task_id)
        assert await gateway.operations.dead_letter(task_id) == UnknownLetter(task_id)


async def test_without_a_time_to_leave_its_queue_a_task_is_looked_at_once(gateway: GatewayOnFakes) -> None:
    impatient = gateway._operations(OperationsSettings(leaving_s=0, look_every_s=0.001))
    gateway.bus.tasks["t1"] = buried(gateway)
    assert isinstance(await impatient.redrive("t1"), NotRedriven)
    assert gateway.bus.calls.count("snapshot") == 1
    del gateway.bus.tasks["t1"]
    assert await impatient.redrive("t1") is None


SEALS = Seals(["a secret of the gateways, of 32 characters"])


async def test_a_letter_whose_message_is_not_bound_to_its_task_is_not_tried() -> None:
    """Nodes write dead letters: a thief's would call whom it likes, for whom it likes."""
    gateway = GatewayOnFakes(seals=SEALS)
    task = SEALS.sealed(a_task(callback=Callback(url="http://h/")))
    elsewhere = msgspec.structs.replace(task, callback=Callback(url="http://mean/"))
    other = SEALS.sealed(a_task("t2"))
    for letter in (
        a_poison_letter(elsewhere),
        an_undelivered_letter(a_result_of(elsewhere)),
        msgspec.structs.replace(a_poison_letter(other), id="t1"),
        msgspec.structs.replace(an_undelivered_letter(a_result_of(other)), id="t1"),
    ):
        gateway.dead.bury(letter)
        assert isinstance(await gateway.operations.redrive("t1"), NotRedriven), letter
        gateway.dead.kept.clear()
    assert gateway.bus.tasks == {}
    assert gateway.transport.delivered == []
    for letter in (a_poison_letter(task), an_undelivered_letter(a_result_of(task))):
        gateway.dead.bury(letter)
        assert await gateway.operations.redrive("t1") is None, letter
