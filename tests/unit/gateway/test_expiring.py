"""A task that no node has started by its queue deadline ends as EXPIRED: once, at the deadline, and never while it
runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from broker_gateway.application.deadline_book import OTHERS_MS, SETTLE_MS, DeadlineBook
from broker_gateway.application.settings import ExpirySettings
from broker_gateway.domain.deadlines import Deadlines
from schemas.execution import ResultMessage
from schemas.status import Status
from tests.builders import a_result
from tests.unit.gateway.gateway_on_fakes import NOW_MS, PATIENCE_S, GatewayOnFakes, command, submitted

LATE_MS = NOW_MS + 1_000
SETTINGS = ExpirySettings()


@pytest.fixture
async def gateway() -> GatewayOnFakes:
    return GatewayOnFakes()


@asynccontextmanager
async def expiring(*gateways: GatewayOnFakes) -> AsyncIterator[None]:
    loops = [asyncio.create_task(gateway.expiring.run()) for gateway in gateways]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def with_deadline(gateway: GatewayOnFakes, deadline_ms: int = 1_000, **fields: object) -> str:
    return await submitted(gateway, queue_deadline_ms=deadline_ms, **fields)


async def ended(gateway: GatewayOnFakes, task_id: str) -> ResultMessage:
    await gateway.until(lambda: task_id in gateway.bus.results)
    return gateway.bus.results[task_id]


async def test_a_task_expires_at_its_deadline_where_no_node_takes_it(gateway: GatewayOnFakes) -> None:
    task_id = await with_deadline(gateway, callback_url="http://h/", labels={"post": "7"})
    async with expiring(gateway):
        gateway.now_ms = LATE_MS + SETTLE_MS
        result = await ended(gateway, task_id)
        await gateway.until(lambda: task_id not in gateway.bus.tasks)
    execution = result.execution
    assert (execution.status, execution.error) == (Status.EXPIRED, "not started within 1000 ms")
    assert (execution.queued_ms, execution.finished_at_ms) == (1_000 + SETTLE_MS, LATE_MS + SETTLE_MS)
    assert execution.labels == {"post": "7"}
    assert result.callback is not None
    assert gateway.bus.history[task_id].status is Status.EXPIRED
    assert gateway.bus.calls.index("store_result") < gateway.bus.calls.index("remove_task")


async def test_whoever_waits_for_the_task_is_told(gateway: GatewayOnFakes) -> None:
    async with expiring(gateway):
        executing = asyncio.create_task(gateway.service.execute(command(queue_deadline_ms=1_000)))
        await gateway.queued_task_id()
        gateway.now_ms = LATE_MS + SETTLE_MS
        answer = await asyncio.wait_for(executing, PATIENCE_S)
    assert getattr(answer, "status", None) is Status.EXPIRED


async def test_a_task_is_left_alone_until_its_deadline(gateway: GatewayOnFakes) -> None:
    task_id = await with_deadline(gateway)
    gateway.now_ms = LATE_MS - 1
    assert await gateway.expiring.expire(task_id) == LATE_MS
    assert task_id in gateway.bus.tasks


async def test_a_task_without_a_deadline_never_expires(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    assert len(gateway.deadlines) == 0
    gateway.now_ms = NOW_MS + 10**12
    assert await gateway.expiring.expire(task_id) is None
    assert task_id in gateway.bus.tasks


async def test_a_task_that_runs_at_its_deadline_is_not_cut_short(gateway: GatewayOnFakes) -> None:
    task_id = await with_deadline(gateway)
    gateway.start(task_id)
    gateway.now_ms = LATE_MS
    assert await gateway.expiring.expire(task_id) == LATE_MS + SETTINGS.running_ms
    gateway.now_ms += 10 * SETTINGS.lost_ms
    assert await gateway.expiring.expire(task_id) is not None
    assert gateway.control.cancelled == []
    gateway.finish(task_id)
    assert await gateway.expiring.expire(task_id) is None
    assert gateway.bus.results[task_id].execution.status is Status.SUCCEEDED


async def test_a_task_whose_node_is_lost_and_that_nobody_takes_expires_after_a_while(gateway: GatewayOnFakes) -> None:
    task_id = await with_deadline(gateway)
    gateway.start(task_id)
    gateway.directory.withdraw("n1")
    gateway.now_ms = LATE_MS
    assert await gateway.expiring.expire(task_id) is not None
    gateway.now_ms += SETTINGS.lost_ms - 1
    assert await gateway.expiring.expire(task_id) is not None
    gateway.now_ms += 1
    assert await gateway.expiring.expire(task_id) is None
    assert gateway.bus.results[task_id].execution.status is Status.EXPIRED


async def test_a_node_that_is_listed_again_was_not_lost(gateway: GatewayOnFakes) -> None:
    task_id = await with_deadline(gateway)
    gateway.start(task_id)
    (record,) = gateway.directory.records
    gateway.now_ms = LATE_MS
    gateway.directory.withdraw("n1")
    await gateway.expiring.expire(task_id)
    gateway.directory.announce(record)
    gateway.now_ms += SETTINGS.lost_ms
    await gateway.expiring.expire(task_id)
    gateway.directory.withdraw("n1")
    assert await gateway.expiring.expire(task_id) == gateway.now_ms + SETTINGS.running_ms


async def test_a_node_that_was_faster_keeps_its_result(gateway: GatewayOnFakes) -> None:
    task_id = await with_deadline(gateway)
    gateway.now_ms = LATE_MS

    async def ends() -> None:
        gateway.bus.results[task_id] = a_result(task_id)

    gateway.bus.before["store_result"] = ends
    assert await gateway.expiring.expire(task_id) is None
    assert gateway.bus.results[task_id].execution.status is Status.SUCCEEDED
    assert gateway.bus.history[task_id].status is not Status.EXPIRED
    assert gateway.control.cancelled == []


async def test_a_node_that_has_the_task_and_has_not_begun_it_is_told_to_let_go(gateway: GatewayOnFakes) -> None:
    task_id = await with_deadline(gateway)
    gateway.now_ms = LATE_MS
    await gateway.expiring.expire(task_id)
    assert gateway.control.cancelled == [task_id]


async def test_gateways_that_expire_one_task_at_once_make_one_end_of_it(gateway: GatewayOnFakes) -> None:
    other = GatewayOnFakes(bus=gateway.bus)
    task_id = await with_deadline(gateway)
    gateway.now_ms = other.now_ms = LATE_MS
    await asyncio.gather(gateway.expiring.expire(task_id), other.expiring.expire(task_id))
    assert gateway.bus.results[task_id].execution.status is Status.EXPIRED
    assert len([*gateway.control.cancelled, *other.control.cancelled]) == 1


async def test_a_gateway_finds_what_was_accepted_in_an_earlier_life_and_is_late_for_it(gateway: GatewayOnFakes) -> None:
    task_ids = [await with_deadline(gateway) for _ in range(5)]
    later = GatewayOnFakes(bus=gateway.bus)
    later.now_ms = LATE_MS + 60_000
    async with expiring(later):
        await later.sweep.sweep()
        await later.sweep.sweep()  # two parts of two tasks each time
        later.now_ms += OTHERS_MS + SETTLE_MS
        results = [await ended(later, task_id) for task_id in task_ids]
    assert {result.execution.status for result in results} == {Status.EXPIRED}


async def test_a_bus_that_is_away_delays_the_end_and_does_not_prevent_it(gateway: GatewayOnFakes) -> None:
    task_id = await with_deadline(gateway)
    asked = asyncio.Event()

    async def note() -> None:
        asked.set()

    async with expiring(gateway):
        gateway.bus.is_down = True
        gateway.bus.before["find_task"] = note
        gateway.now_ms = LATE_MS + SETTLE_MS
        await asyncio.wait_for(asked.wait(), PATIENCE_S)
        gateway.bus.is_down = False
        gateway.now_ms += SETTINGS.retry_ms
        assert (await ended(gateway, task_id)).execution.status is Status.EXPIRED


async def test_a_sweep_that_fails_is_tried_again(gateway: GatewayOnFakes) -> None:
    await with_deadline(gateway)
    other = GatewayOnFakes(bus=gateway.bus)
    asked = asyncio.Event()

    async def asking() -> None:
        asked.set()

    sweeping = asyncio.create_task(other.sweep.run())
    for is_down in (True, False):
        other.bus.is_down = is_down
        asked.clear()
        other.bus.before["read_queue"] = asking
        await asyncio.wait_for(asked.wait(), PATIENCE_S)
        assert len(other.deadlines) == (0 if is_down else 1)
    sweeping.cancel()


async def test_notes_of_tasks_that_have_left_are_forgotten_and_the_others_found_again(gateway: GatewayOnFakes) -> None:
    task_ids = [await with_deadline(gateway, 60_000) for _ in range(6)]
    for task_id in task_ids[:-1]:
        gateway.finish(task_id)
    await gateway.sweep.sweep()
    assert len(gateway.deadlines) == 0
    await gateway.sweep.sweep()
    assert len(gateway.deadlines) == 1


async def test_of_two_times_for_one_task_the_later_word_counts() -> None:
    deadlines = Deadlines()
    deadlines.note("a", 10)
    deadlines.note("b", 20)
    deadlines.note("a", 30)
    assert deadlines.next_ms == 20
    assert deadlines.take_due(29, 5) == ["b"]
    assert deadlines.take_due(30, 5) == ["a"]
    assert len(deadlines) == 0


async def test_what_this_gateway_accepted_is_not_noted_anew_when_it_is_found(gateway: GatewayOnFakes) -> None:
    book = DeadlineBook(gateway.clock)
    book.accepted("a", NOW_MS)
    book.found("a", NOW_MS)
    gateway.now_ms = NOW_MS + SETTLE_MS
    assert await asyncio.wait_for(book.due(), PATIENCE_S) == ["a"]


async def test_an_earlier_deadline_wakes_who_waits_for_a_later_one() -> None:
    book = DeadlineBook()
    book.look_again("late", 1 << 60)
    waiting = asyncio.create_task(book.due())
    await asyncio.sleep(0)
    book.look_again("now", 0)
    assert await asyncio.wait_for(waiting, 0.5) == ["now"]


async def test_many_deadlines_at_once_are_handed_out_in_parts() -> None:
    deadlines = Deadlines()
    for number in range(5):
        deadlines.note(f"t{number}", number)
    assert [deadlines.take_due(9, 2) for _ in range(4)] == [["t0", "t1"], ["t2", "t3"], ["t4"], []]
