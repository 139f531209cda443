"""What an operator's use cases rely on, of the fakes as of the real adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import chain

import msgspec
import pytest
import pytest_asyncio

from broker_gateway.application.operations_ports import DeadLetters, TaskRerun
from broker_gateway.application.ports import History, QueueFullError, ResultStore, TaskQueue
from broker_gateway.infrastructure.bus import dead
from broker_gateway.infrastructure.bus.dead import BusDeadLetters
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.rerun import BusTaskRerun
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from schemas import names
from schemas.dead_letter import DeadLetter
from schemas.execution import Execution, TaskEvent
from schemas.status import Status
from schemas.topology import BusLimits
from tests.builders import a_new_task, a_poison_letter, a_result, a_task, an_event, an_undelivered_letter
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.fakes.memory_bus import MemoryBus, MemoryHistory, MemoryResultStore
from tests.fakes.memory_queue import MemoryTaskQueue
from tests.fakes.operations import MemoryDeadLetters, MemoryTaskRerun
from tests.integration.gateway.declared_bus import declared_bus
from tests.servers import NatsServer

MAX_TASKS = 2


@dataclass
class Parts:
    dead: DeadLetters
    rerun: TaskRerun
    queue: TaskQueue
    results: ResultStore
    history: History
    bury: Callable[[DeadLetter], Awaitable[None]]
    happens: Callable[[TaskEvent], Awaitable[None]]


@pytest.fixture
def memory_parts() -> Parts:
    return in_memory()


@pytest_asyncio.fixture
async def nats_parts(nats_server: NatsServer) -> AsyncIterator[Parts]:
    async with declared_bus(nats_server, BusLimits(tasks_max_msgs=MAX_TASKS)) as bus:

        async def bury(letter: DeadLetter) -> None:
            await bus.request(names.dead_subject(letter.reason, letter.id), msgspec.json.encode(letter))

        async def happens(event: TaskEvent) -> None:
            await bus.request(names.event_subject(event.id, event.status), msgspec.json.encode(event))

        lengths = QueueLengths(bus)
        ports = BusDeadLetters(bus), BusTaskRerun(bus), BusTaskQueue(bus, lengths), BusResultStore(bus)
        yield Parts(*ports, BusHistory(bus), bury, happens)
        await lengths.close()


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


def in_memory() -> Parts:
    bus = MemoryBus()
    bus.max_tasks = MAX_TASKS
    letters = MemoryDeadLetters(bus)

    async def bury(letter: DeadLetter) -> None:
        letters.bury(letter)

    async def happens(event: TaskEvent) -> None:
        bus.reach(Execution.told_by(event))

    ports = letters, MemoryTaskRerun(bus), MemoryTaskQueue(bus), MemoryResultStore(bus)
    return Parts(*ports, MemoryHistory(bus), bury, happens)


async def all_pages(letters: DeadLetters, reason: str, size: int) -> list[list[str]]:
    pages, token = [], ""
    while True:
        page = await letters.page(reason, size, token)
        pages.append([one.id for one in page.letters])
        token = page.next_token
        if not token:
            return pages


async def test_pages_of_letters_are_newest_first_and_end(parts: Parts) -> None:
    for number in range(5):
        await parts.bury(a_poison_letter(a_task(f"t{number}")))
    assert await all_pages(parts.dead, "", 2) == [["t4", "t3"], ["t2", "t1"], ["t0"]]
    assert (await parts.dead.page("", 1, "")).letters[0].payload == ""
    assert await all_pages(parts.dead, "", 5) == [["t4", "t3", "t2", "t1", "t0"]]


async def test_without_letters_there_is_one_empty_page(parts: Parts) -> None:
    assert await all_pages(parts.dead, "", 2) == [[]]


async def test_a_page_of_one_reason_has_no_others(parts: Parts) -> None:
    for number in range(4):
        await parts.bury(a_poison_letter(a_task(f"t{number}")))
        await parts.bury(an_undelivered_letter(a_result(f"u{number}")))
    assert [*chain(*await all_pages(parts.dead, "undelivered", 3))] == ["u3", "u2", "u1", "u0"]
    assert await all_pages(parts.dead, "malformed", 3) == [[]]


async def test_a_wide_gap_between_letters_is_crossed(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead, "WINDOW", 2)
    await parts.bury(a_poison_letter(a_task("old")))
    for number in range(40):
        await parts.bury(a_poison_letter(a_task(f"gone{number}")))
    await parts.bury(a_poison_letter(a_task("new")))
    for number in range(40):
        kept = await parts.dead.newest(f"gone{number}")
        assert kept is not None
        await parts.dead.remove(kept)
    assert await all_pages(parts.dead, "", 50) == [["new", "old"]]


@pytest.mark.parametrize("token", ["nonsense", "1;2"])
async def test_a_token_that_is_not_ours_is_a_value_error(parts: Parts, token: str) -> None:
    with pytest.raises(ValueError, match=token):
        await parts.dead.page("", 2, token)


async def test_a_letter_is_found_whole_by_its_task_and_reason(parts: Parts) -> None:
    poison, undelivered = a_poison_letter(a_task("t1")), an_undelivered_letter(a_result("t1"))
    await parts.bury(poison)
    await parts.bury(undelivered)
    for reason, letter in (("", undelivered), ("poison", poison), ("undelivered", undelivered)):
        kept = await parts.dead.newest("t1", reason)
        assert kept is not None
        assert kept.letter == letter
    assert await parts.dead.newest("t1", "malformed") is None
    assert await parts.dead.newest("t2") is None


async def test_a_removed_letter_takes_those_before_it_and_leaves_a_later_one(parts: Parts) -> None:
    await parts.bury(a_poison_letter(a_task("t1"), "first"))
    await parts.bury(a_poison_letter(a_task("t1"), "second"))
    await parts.bury(an_undelivered_letter(a_result("t1")))
    second = await parts.dead.newest("t1", "poison")
    assert second is not None
    await parts.bury(a_poison_letter(a_task("t1"), "third"))
    await parts.dead.remove(second)
    assert [*chain(*await all_pages(parts.dead, "", 9))] == ["t1", "t1"]
    third = await parts.dead.newest("t1", "poison")
    assert third is not None
    assert third.letter.detail == "third"
    await parts.dead.remove(third)
    await parts.dead.remove(third)
    assert await parts.dead.newest("t1", "poison") is None


async def test_a_task_stands_where_its_message_and_its_result_are(parts: Parts) -> None:
    snapshot = await parts.rerun.snapshot("t1")
    assert (snapshot.is_queued, snapshot.result) == (False, None)
    await parts.queue.enqueue(a_task("t1"))
    assert (await parts.rerun.snapshot("t1")).is_queued
    await parts.results.store(a_result("t1"))
    assert (await parts.rerun.snapshot("t1")).result == a_result("t1")


async def test_only_the_result_that_was_seen_is_forgotten(parts: Parts) -> None:
    await parts.results.store(a_result("t1", node_id="first"))
    await parts.results.store(a_result("t2"))
    seen = await parts.rerun.snapshot("t1")
    assert await parts.rerun.forget_result(seen)
    assert await parts.results.find("t1") is None
    assert await parts.results.store(a_result("t1", node_id="second"))
    assert not await parts.rerun.forget_result(seen)
    assert await parts.results.find("t1") == a_result("t1", node_id="second")
    assert await parts.results.find("t2") is not None


async def test_forgotten_attempts_leave_no_state_of_the_task_and_those_of_others(parts: Parts) -> None:
    for task_id in ("t1", "t2"):
        for status in (Status.QUEUED, Status.RUNNING, Status.INTERNAL_ERROR):
            await parts.happens(an_event(task_id, status))
    await parts.rerun.forget_attempts("t1", await parts.rerun.snapshot("t1"))
    assert await parts.history.latest("t1") is None
    assert await parts.history.latest("t2") is not None


async def test_a_task_is_queued_once_for_each_occasion_though_its_id_was_queued_before(parts: Parts) -> None:
    task = a_task("t1")
    await parts.queue.enqueue(task)
    assert not await parts.rerun.enqueue(task, "7")
    await parts.queue.remove(task.id)
    assert await parts.rerun.enqueue(task, "7")
    assert await parts.queue.find(task.id) == task
    await parts.queue.remove(task.id)
    assert not await parts.rerun.enqueue(task, "7")
    assert await parts.rerun.enqueue(task, "8")


async def test_a_full_queue_refuses_a_revival_with_a_retry_time(parts: Parts) -> None:
    for _ in range(MAX_TASKS):
        await parts.queue.enqueue(a_new_task())
    with pytest.raises(QueueFullError) as refusal:
        await parts.rerun.enqueue(a_task("t1"), "7")
    assert refusal.value.retry_after_ms > 0
