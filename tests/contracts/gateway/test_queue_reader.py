"""Reading the queues, of the fake as of the real adapter."""

from __future__ import annotations

from broker_gateway.domain.scheduler import Need
from broker_gateway.domain.waiting_task import WaitingTask
from schemas.status import Priority
from schemas.task import Checker
from tests.builders import a_new_task
from tests.contracts.gateway.bus_parts import Parts


async def everything(parts: Parts, number: int = 0) -> tuple[list[WaitingTask], int]:
    """All that came after a number, and the last number."""
    found: list[WaitingTask] = []
    while True:
        part = await parts.reader.after(number)
        found += part.tasks
        number = part.last
        if part.is_end:
            return found, number


async def test_an_empty_queue_has_nothing_to_read(parts: Parts) -> None:
    part = await parts.reader.after(0)
    assert (list(part.tasks), part.last, part.is_end, part.queued) == ([], 0, True, 0)


async def test_tasks_of_all_pools_and_priorities_are_read_in_order_and_stay(parts: Parts) -> None:
    checker = Checker(language="cpp", language_version="14", files=[])
    first = a_new_task(expires_at_ms=7, language_version="3")
    second = a_new_task(pool="other", priority=Priority.HIGH, checker=checker)
    for task in (first, second):
        await parts.queue.enqueue(task)
    found, _ = await everything(parts)
    assert found == [
        WaitingTask(first.id, "default", (Need("python", "3"),), 7),
        WaitingTask(second.id, "other", (Need("python", ""), Need("cpp", "14")), None),
    ]
    assert (await parts.reader.after(0)).queued == 2
    assert await parts.queue.find(first.id) == first


async def test_what_was_read_before_and_what_has_left_is_not_read(parts: Parts) -> None:
    first, second, third = a_new_task(), a_new_task(), a_new_task()
    await parts.queue.enqueue(first)
    _, last = await everything(parts)
    await parts.queue.enqueue(second)
    await parts.queue.remove(second.id)
    assert (await everything(parts, last))[0] == []
    await parts.queue.enqueue(third)
    assert [task.id for task in (await everything(parts, last))[0]] == [third.id]
