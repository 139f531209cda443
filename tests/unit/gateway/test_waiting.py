"""Execute and Watch: nothing is missed, nothing hangs, everything is released."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from broker_gateway.application.cancellation import ANYBODY
from broker_gateway.application.commands import Busy, Invalid, UnknownTask
from broker_gateway.application.lookups import Lookups
from broker_gateway.application.settings import WaitSettings
from broker_gateway.application.watching import Watched, is_news
from chassis.errors import BusUnavailableError
from schemas.execution import Execution
from schemas.status import Status
from tests.builders import a_chunk, a_result, an_execution
from tests.fakes.memory_bus import running
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes, command, submitted


async def watched(gateway: GatewayOnFakes, task_id: str) -> list[Watched]:
    async with asyncio.timeout(PATIENCE_S):
        return [item async for item in gateway.service.watch(task_id, ANYBODY)]


async def test_execute_listens_before_the_task_can_run(gateway: GatewayOnFakes) -> None:
    caller = asyncio.create_task(gateway.service.execute(command()))
    task_id = await gateway.queued_task_id()
    assert gateway.bus.calls.index("open_feed") < gateway.bus.calls.index("enqueue")
    gateway.finish(task_id)
    answer = await caller
    assert isinstance(answer, Execution)
    assert (answer.id, answer.status) == (task_id, Status.SUCCEEDED)
    assert gateway.bus.open_feeds() == 0


async def test_execute_listens_to_results_only(gateway: GatewayOnFakes) -> None:
    caller = asyncio.create_task(gateway.service.execute(command()))
    task_id = await gateway.queued_task_id()
    (feed,) = gateway.bus.feeds[task_id]
    gateway.start(task_id)
    gateway.bus.publish(task_id, a_chunk(task_id, "4"))
    assert feed._items.empty()
    gateway.finish(task_id)
    await caller


async def test_a_result_that_comes_before_the_acceptance_does_is_not_missed(gateway: GatewayOnFakes) -> None:
    enqueue = gateway.submission._queue.enqueue

    async def enqueue_and_run(task: object) -> bool:
        is_new = await enqueue(task)  # type: ignore[arg-type]  # passed on as it came
        gateway.finish(next(iter(gateway.bus.tasks)))
        return is_new

    gateway.submission._queue.enqueue = enqueue_and_run  # type: ignore[method-assign]  # a very fast node
    async with asyncio.timeout(PATIENCE_S):
        answer = await gateway.service.execute(command())
    assert isinstance(answer, Execution)


async def test_a_lost_live_message_does_not_hang_the_caller() -> None:
    gateway = GatewayOnFakes(lookup_every_s=0.01)
    caller = asyncio.create_task(gateway.service.execute(command()))
    gateway.finish(await gateway.queued_task_id(), is_heard=False)
    async with asyncio.timeout(PATIENCE_S):
        assert isinstance(await caller, Execution)


async def test_execute_with_the_key_of_a_finished_task_answers_at_once(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway, idempotency_key="k")
    gateway.finish(task_id)
    async with asyncio.timeout(PATIENCE_S):
        answer = await gateway.service.execute(command(idempotency_key="k"))
    assert isinstance(answer, Execution)
    assert answer.id == task_id


async def test_execute_with_the_key_of_a_running_task_waits_for_its_result(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway, idempotency_key="k")
    caller = asyncio.create_task(gateway.service.execute(command(idempotency_key="k")))
    await gateway.until(lambda: gateway.bus.open_feeds() == 1)
    gateway.finish(task_id)
    answer = await caller
    assert isinstance(answer, Execution)
    assert len(gateway.bus.results) == 1


async def test_a_refused_execute_releases_its_subscription(gateway: GatewayOnFakes) -> None:
    gateway.bus.max_tasks = 0
    assert isinstance(await gateway.service.execute(command()), Busy)
    assert isinstance(await gateway.service.execute(command("")), Invalid)
    assert gateway.bus.open_feeds() == 0


async def test_an_execute_that_fails_releases_its_subscription(gateway: GatewayOnFakes) -> None:
    async def break_down() -> None:
        gateway.bus.is_down = True

    gateway.bus.before["enqueue"] = break_down
    with pytest.raises(BusUnavailableError):
        await gateway.service.execute(command())
    assert gateway.bus.open_feeds() == 0


async def test_a_caller_who_goes_away_releases_the_subscription_and_leaves_the_task(gateway: GatewayOnFakes) -> None:
    caller = asyncio.create_task(gateway.service.execute(command()))
    task_id = await gateway.queued_task_id()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert gateway.bus.open_feeds() == 0
    assert task_id in gateway.bus.tasks


async def test_a_watch_tells_every_change_and_all_output_and_ends_with_the_result(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    watching = asyncio.create_task(watched(gateway, task_id))
    await gateway.until(lambda: gateway.bus.open_feeds() == 1)
    gateway.start(task_id)
    gateway.bus.publish(task_id, a_chunk(task_id, "4"))
    gateway.bus.publish(task_id, a_chunk(task_id, "2", 1))
    gateway.finish(task_id)
    items = await watching
    assert [item.status if isinstance(item, Execution) else item for item in items] == [
        Status.QUEUED,
        Status.RUNNING,
        a_chunk(task_id, "4"),
        a_chunk(task_id, "2", 1),
        Status.SUCCEEDED,
    ]
    assert items[-1] == an_execution(task_id)
    assert gateway.bus.open_feeds() == 0


async def test_a_watch_of_a_finished_task_is_its_result(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.finish(task_id)
    assert await watched(gateway, task_id) == [an_execution(task_id)]


@pytest.mark.parametrize("task_id", ["unknown", "", "*", "a.b", ">"])
async def test_a_watch_of_an_unknown_task_says_so(gateway: GatewayOnFakes, task_id: str) -> None:
    assert await watched(gateway, task_id) == [UnknownTask(task_id)]
    assert gateway.bus.open_feeds() == 0


@pytest.mark.parametrize("moment", ["open_feed", "find_result", "latest"])
async def test_a_task_that_ends_while_a_watch_begins_is_not_missed(gateway: GatewayOnFakes, moment: str) -> None:
    task_id = await submitted(gateway)

    async def finish() -> None:
        gateway.finish(task_id)

    gateway.bus.before[moment] = finish
    assert (await watched(gateway, task_id))[-1] == an_execution(task_id)


async def test_a_watch_whose_live_messages_are_lost_still_ends() -> None:
    gateway = GatewayOnFakes(lookup_every_s=0.01)
    task_id = await submitted(gateway)
    watching = asyncio.create_task(watched(gateway, task_id))
    await gateway.until(lambda: gateway.bus.open_feeds() == 1)
    gateway.finish(task_id, is_heard=False)
    assert (await watching)[-1] == an_execution(task_id)


async def test_a_caller_that_may_have_missed_something_looks_whenever_it_has_heard_nothing_for_a_while() -> None:
    gateway = GatewayOnFakes(lookup_every_s=0.001)
    caller = asyncio.create_task(gateway.service.execute(command()))
    task_id = await gateway.queued_task_id()
    (feed,) = gateway.bus.feeds[task_id]
    feed.is_lossy = True

    async def looked() -> None:
        gateway.bus.before["find_result"] = looked
        if gateway.bus.calls.count("find_result") == 10:
            gateway.finish(task_id, is_heard=False)

    gateway.bus.before["find_result"] = looked
    async with asyncio.timeout(PATIENCE_S):
        assert isinstance(await caller, Execution)
    assert feed.waits == 10


def test_the_longer_all_is_quiet_the_rarer_are_the_look_ups() -> None:
    lookups = Lookups(WaitSettings(lookups_apart=5))
    assert [lookups.is_due(has_gap=False) for _ in range(13)] == [
        *(True, False, True, False, False, False, True),
        *(False, False, False, False, True, False),
    ]


def test_after_a_gap_the_look_ups_are_frequent_again() -> None:
    lookups = Lookups(WaitSettings())
    assert [lookups.is_due(has_gap=gap) for gap in (False, False, False, True, False, False)] == [
        *(True, False, True, True, True, False)
    ]


async def test_a_look_up_that_failed_is_made_again_soon() -> None:
    lookups = Lookups(WaitSettings())
    due = [lookups.is_due(has_gap=False) for _ in range(3)]
    assert due == [True, False, True]

    async def fails() -> Execution | None:
        raise BusUnavailableError("for a moment")

    assert await lookups.tried(fails()) is None
    assert lookups.is_due(has_gap=False)


async def test_a_change_whose_live_message_is_lost_is_told_late() -> None:
    gateway = GatewayOnFakes(lookup_every_s=0.01)
    task_id = await submitted(gateway)
    async with asyncio.timeout(PATIENCE_S), aclosing(gateway.service.watch(task_id, ANYBODY)) as items:
        first = await anext(items)
        gateway.bus.history[task_id] = running(gateway.bus.history[task_id])
        second = await anext(items)
    assert isinstance(first, Execution)
    assert isinstance(second, Execution)
    assert (first.status, second.status) == (Status.QUEUED, Status.RUNNING)


async def test_a_final_event_is_told_with_the_output_of_the_stored_result(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    watching = asyncio.create_task(watched(gateway, task_id))
    await gateway.until(lambda: gateway.bus.open_feeds() == 1)
    gateway.bus.publish(task_id, running(an_execution(task_id)))
    gateway.bus.results[task_id] = a_result(task_id)
    gateway.bus.publish(task_id, an_execution(task_id, run=None))
    items = await watching
    assert items[-1] == an_execution(task_id)


async def test_a_second_attempt_is_told_and_late_events_are_not(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    queued = gateway.bus.history[task_id]
    watching = asyncio.create_task(watched(gateway, task_id))
    await gateway.until(lambda: gateway.bus.open_feeds() == 1)
    gateway.start(task_id)
    gateway.bus.publish(task_id, queued)
    gateway.bus.publish(task_id, running(queued, "n2", 2))
    gateway.bus.publish(task_id, running(queued, "n1", 1))
    gateway.finish(task_id)
    told = [(item.status, item.attempt) for item in await watching if isinstance(item, Execution)]
    assert told == [
        (Status.QUEUED, 0),
        (Status.RUNNING, 1),
        (Status.RUNNING, 2),
        (Status.SUCCEEDED, 1),
    ]


async def test_a_watcher_who_goes_away_releases_the_subscription(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    watching = asyncio.create_task(watched(gateway, task_id))
    await gateway.until(lambda: gateway.bus.open_feeds() == 1)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    await gateway.until(lambda: gateway.bus.open_feeds() == 0)


def test_only_what_is_further_on_is_news() -> None:
    queued = an_execution("t", status=Status.QUEUED)
    started, done = running(queued), an_execution("t")
    news = [(started, running(queued, attempt=0)), (done, started)]
    old = [(done, done), (started, started), (queued, started), (queued, queued)]
    assert [is_news(*pair) for pair in (*news, *old)] == [True, True, False, False, False, False]


async def test_a_bus_that_is_away_for_a_moment_does_not_end_a_call_that_waits() -> None:
    gateway = GatewayOnFakes(lookup_every_s=0.01)
    caller = asyncio.create_task(gateway.service.execute(command()))
    task_id = await gateway.queued_task_id()
    failures = 0

    async def fail() -> None:
        nonlocal failures
        failures += 1
        if failures < WaitSettings().lookups_failed:
            gateway.bus.before["find_result"] = fail
            raise BusUnavailableError("for a moment")
        gateway.finish(task_id, is_heard=False)

    gateway.bus.before["find_result"] = fail
    answer = await asyncio.wait_for(caller, PATIENCE_S)
    assert isinstance(answer, Execution)


async def test_a_call_that_waits_for_a_bus_that_stays_away_ends() -> None:
    gateway = GatewayOnFakes(lookup_every_s=0.01)
    caller = asyncio.create_task(gateway.service.execute(command()))
    await gateway.queued_task_id()
    gateway.bus.is_down = True
    with pytest.raises(BusUnavailableError):
        await asyncio.wait_for(caller, PATIENCE_S)
