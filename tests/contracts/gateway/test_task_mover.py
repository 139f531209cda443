"""Moving a waiting task into another queue, of the fake as of the real adapter."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from broker_gateway.application.ports import QueueFullError
from broker_gateway.application.queue_ports import Move
from schemas.status import Priority
from tests.builders import a_new_task
from tests.contracts.gateway.bus_parts import MAX_TASKS, Parts


async def queued(parts: Parts) -> int:
    return (await parts.reader.after(0)).queued


async def test_a_moved_task_waits_in_its_new_queue_and_no_longer_in_the_old_one(parts: Parts) -> None:
    task = a_new_task(priority=Priority.HIGH, labels={"post": "1"})
    await parts.queue.enqueue(task)
    assert await parts.mover.move(task, "other") is Move.DONE
    assert await parts.queue.find(task.id) == msgspec.structs.replace(task, pool="other")
    assert await queued(parts) == 1
    assert await parts.queue.waiting("other", Priority.HIGH, recount=True) == 1
    assert await parts.queue.waiting("default", Priority.HIGH, recount=True) == 0


async def test_a_task_that_is_there_already_or_nowhere_is_not_moved(parts: Parts) -> None:
    task = a_new_task()
    await parts.queue.enqueue(task)
    assert await parts.mover.move(task, "default") is Move.NOT_OURS
    assert await parts.mover.move(a_new_task(), "other") is Move.NOT_OURS
    assert await queued(parts) == 1


async def test_of_many_who_move_one_task_one_does_and_it_is_there_once(parts: Parts) -> None:
    task = a_new_task()
    await parts.queue.enqueue(task)
    moves = await asyncio.gather(*(parts.mover.move(task, "other") for _ in range(10)))
    assert set(moves) <= {Move.DONE, Move.LEFT_MEANWHILE, Move.NOT_OURS}
    assert sum(move is not Move.NOT_OURS for move in moves) == 1
    assert await queued(parts) == 1
    found = await parts.queue.find(task.id)
    assert found is not None
    assert found.pool == "other"


async def test_a_task_may_be_moved_there_and_back(parts: Parts) -> None:
    task = a_new_task()
    await parts.queue.enqueue(task)
    for pool in ("other", "default", "other"):
        assert await parts.mover.move(task, pool) is Move.DONE
    assert await queued(parts) == 1


async def test_a_task_stays_where_it_is_while_the_bus_is_full(parts: Parts) -> None:
    tasks = [a_new_task() for _ in range(MAX_TASKS)]
    for task in tasks:
        await parts.queue.enqueue(task)
    with pytest.raises(QueueFullError):
        await parts.mover.move(tasks[0], "other")
    assert await parts.queue.find(tasks[0].id) == tasks[0]
