"""Cancelling a task in each of its states, and between them."""

from __future__ import annotations

import asyncio

import pytest

from broker_gateway.application.cancellation import ANYBODY
from broker_gateway.application.commands import Cancellation, TaskDTO, UnknownTask
from broker_gateway.application.settings import CancelSettings
from chassis.errors import BusUnavailableError
from schemas.status import Status
from tests.builders import a_chunk, a_result, an_execution
from tests.unit.gateway.gateway_on_fakes import NOW_MS, GatewayOnFakes, command

IMPATIENT = CancelSettings(queued_probe_s=0.01, node_answer_s=0.01, result_wait_s=0.02)


@pytest.fixture
async def gateway() -> GatewayOnFakes:
    return GatewayOnFakes(cancel=IMPATIENT)


async def submitted(gateway: GatewayOnFakes, **fields: object) -> str:
    answer = await gateway.service.submit(command(client="blog", **fields))  # type: ignore[arg-type]  # of a draft
    assert isinstance(answer, TaskDTO)
    return answer.id


async def cancelled(gateway: GatewayOnFakes, task_id: str) -> Cancellation:
    answer = await gateway.service.cancel(task_id, ANYBODY)
    assert isinstance(answer, Cancellation)
    return answer


async def test_a_queued_task_ends_here_and_leaves_the_queue(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway, callback_url="http://h/", labels={"post": "7"})
    gateway.now_ms = NOW_MS + 25
    answer = await cancelled(gateway, task_id)
    assert answer.cancelled
    assert (answer.execution.status, answer.execution.queued_ms) == (Status.CANCELLED, 25)
    assert answer.execution.finished_at_ms == NOW_MS + 25
    stored = gateway.bus.results[task_id]
    assert stored.execution == answer.execution
    assert stored.callback is not None
    assert stored.client == "blog"
    assert task_id not in gateway.bus.tasks
    assert gateway.bus.history[task_id].status is Status.CANCELLED


async def test_the_result_is_stored_before_the_message_goes(gateway: GatewayOnFakes) -> None:
    await cancelled(gateway, await submitted(gateway))
    assert gateway.bus.calls.index("store_result") < gateway.bus.calls.index("remove_task")


async def test_a_task_that_started_just_before_its_message_went_is_killed(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    await cancelled(gateway, task_id)
    await asyncio.gather(*gateway.service._cancelling._running)
    assert gateway.control.cancelled == [task_id, task_id]


async def test_a_running_task_is_killed_on_its_node_and_keeps_its_partial_output(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.start(task_id)

    def kill(found: str) -> str:
        gateway.finish(found, status=Status.CANCELLED)
        return "n1"

    gateway.control.on_cancel = kill
    answer = await cancelled(gateway, task_id)
    assert answer == Cancellation(an_execution(task_id, status=Status.CANCELLED), cancelled=True)
    assert answer.execution.run is not None
    assert gateway.bus.open_feeds() == 0
    assert "store_result" not in gateway.bus.calls


async def test_a_task_that_runs_though_it_was_last_seen_queued_keeps_its_output_too(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)

    def kill(found: str) -> str:
        gateway.finish(found, status=Status.CANCELLED)
        return "n1"

    gateway.control.on_cancel = kill
    assert (await cancelled(gateway, task_id)).execution.run is not None


async def test_nodes_get_more_time_to_kill_a_running_task_than_to_say_that_they_have_none() -> None:
    gateway = GatewayOnFakes(cancel=CancelSettings(queued_probe_s=0.01, node_answer_s=0.02, result_wait_s=0.02))
    await cancelled(gateway, await submitted(gateway))
    assert gateway.control.timeouts_s[0] == 0.01
    gateway.control.timeouts_s.clear()
    running = await submitted(gateway)
    gateway.start(running)
    await cancelled(gateway, running)
    assert gateway.control.timeouts_s[0] == 0.02


async def test_a_task_that_ends_by_itself_while_it_is_killed_was_not_cancelled(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.start(task_id)

    def too_late(found: str) -> str:
        gateway.finish(found)
        return "n1"

    gateway.control.on_cancel = too_late
    assert await cancelled(gateway, task_id) == Cancellation(an_execution(task_id), cancelled=False)


async def test_a_killed_task_whose_result_is_not_heard_is_looked_up(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.start(task_id)

    def kill(found: str) -> str:
        gateway.finish(found, status=Status.CANCELLED, is_heard=False)
        return "n1"

    gateway.control.on_cancel = kill
    assert (await cancelled(gateway, task_id)).cancelled


async def test_what_a_killed_task_still_writes_is_not_taken_for_its_result(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.start(task_id)

    def kill(found: str) -> str:
        gateway.bus.publish(found, a_chunk(found, "last words"))
        asyncio.get_running_loop().call_later(0.005, lambda: gateway.finish(found, status=Status.CANCELLED))
        return "n1"

    gateway.control.on_cancel = kill
    assert (await cancelled(gateway, task_id)).execution.run is not None
    assert "store_result" not in gateway.bus.calls


@pytest.mark.parametrize("answer", [None, "n1"])
async def test_a_running_task_whose_node_is_gone_ends_here(gateway: GatewayOnFakes, answer: str | None) -> None:
    task_id = await submitted(gateway)
    gateway.start(task_id, attempt=3)
    gateway.control.on_cancel = lambda _task_id: answer
    found = await cancelled(gateway, task_id)
    assert found.cancelled
    assert (found.execution.status, found.execution.attempt, found.execution.node_id) == (Status.CANCELLED, 3, "n1")
    assert gateway.bus.tasks == {}


async def test_a_finished_task_says_so_and_is_left_alone(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.finish(task_id)
    assert await cancelled(gateway, task_id) == Cancellation(an_execution(task_id), cancelled=False)
    assert gateway.control.cancelled == []


async def test_a_result_that_is_stored_first_wins_over_the_cancellation(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)

    async def finish() -> None:
        gateway.bus.results[task_id] = a_result(task_id)

    gateway.bus.before["store_result"] = finish
    assert await cancelled(gateway, task_id) == Cancellation(an_execution(task_id), cancelled=False)


async def test_a_task_that_ends_just_before_it_is_looked_for_was_not_cancelled(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)

    async def finish() -> None:
        gateway.finish(task_id)

    gateway.bus.before["find_task"] = finish
    assert await cancelled(gateway, task_id) == Cancellation(an_execution(task_id), cancelled=False)


async def test_a_task_that_ends_just_before_it_is_looked_for_is_left_alone(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)

    async def finish() -> None:
        gateway.finish(task_id)

    gateway.bus.before["find_task"] = finish
    await cancelled(gateway, task_id)
    assert "store_result" not in gateway.bus.calls
    assert "remove_task" not in gateway.bus.calls


async def test_a_task_that_leaves_its_queue_meanwhile_is_looked_up_once_more(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)

    async def start_and_vanish() -> None:
        gateway.start(task_id, attempt=3)
        del gateway.bus.tasks[task_id]

    gateway.bus.before["find_task"] = start_and_vanish
    found = await cancelled(gateway, task_id)
    assert found.cancelled
    assert (found.execution.status, found.execution.attempt, found.execution.node_id) == (Status.CANCELLED, 3, "n1")


async def test_a_task_of_which_nothing_is_left_meanwhile_ends_as_it_was_last_known(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway, labels={"post": "7"})

    async def vanish() -> None:
        gateway.bus.tasks.clear()
        gateway.bus.history.clear()

    gateway.bus.before["find_task"] = vanish
    found = await cancelled(gateway, task_id)
    assert found.cancelled
    assert (found.execution.status, found.execution.labels) == (Status.CANCELLED, {"post": "7"})


async def test_a_task_that_has_vanished_from_the_bus_gets_an_end(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    del gateway.bus.tasks[task_id]
    assert (await cancelled(gateway, task_id)).cancelled
    assert gateway.bus.results[task_id].execution.status is Status.CANCELLED


async def test_a_cancellation_that_failed_half_way_is_completed_by_the_next(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)

    async def break_down() -> None:
        gateway.bus.is_down = True

    gateway.bus.before["remove_task"] = break_down
    with pytest.raises(BusUnavailableError):
        await gateway.service.cancel(task_id, ANYBODY)
    assert task_id in gateway.bus.tasks
    gateway.bus.is_down = False
    assert not (await cancelled(gateway, task_id)).cancelled
    assert gateway.bus.tasks == {}


async def test_a_caller_who_goes_away_does_not_leave_a_cancellation_half_done(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await go_on.wait()

    gateway.bus.before["remove_task"] = hold
    caller = asyncio.create_task(gateway.service.cancel(task_id, ANYBODY))
    await reached.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await asyncio.gather(*gateway.service._cancelling._running)
    assert gateway.bus.tasks == {}


async def test_many_cancellations_at_once_store_one_result(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    answers = await asyncio.gather(*(cancelled(gateway, task_id) for _ in range(10)))
    assert sum(answer.cancelled for answer in answers) == 1
    assert {answer.execution.status for answer in answers} == {Status.CANCELLED}


@pytest.mark.parametrize("task_id", ["unknown", "", "*", "a.>"])
async def test_an_unknown_task_cannot_be_cancelled(gateway: GatewayOnFakes, task_id: str) -> None:
    assert await gateway.service.cancel(task_id, ANYBODY) == UnknownTask(task_id)


async def test_a_bus_that_fails_while_nodes_are_told_late_harms_nobody(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    await cancelled(gateway, task_id)
    gateway.bus.is_down = True
    await asyncio.gather(*gateway.service._cancelling._running)


async def test_a_waiting_caller_is_told_of_the_cancellation(gateway: GatewayOnFakes) -> None:
    caller = asyncio.create_task(gateway.service.execute(command()))
    await cancelled(gateway, await gateway.queued_task_id())
    answer = await caller
    assert getattr(answer, "status", None) is Status.CANCELLED
