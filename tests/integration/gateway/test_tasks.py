"""The task queue on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from broker_gateway.application.ports import QueueFullError, TaskTooLargeError
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.status import Priority
from schemas.topology import BusLimits
from tests.builders import a_new_task
from tests.integration.gateway.declared_bus import Connect, declared_bus
from tests.servers.fixtures import StartNats


def queue_on(bus: BusConnection) -> BusTaskQueue:
    return BusTaskQueue(bus, QueueLengths(bus))


@pytest_asyncio.fixture
async def queue(bus: BusConnection) -> AsyncIterator[BusTaskQueue]:
    lengths = QueueLengths(bus)
    yield BusTaskQueue(bus, lengths)
    await lengths.close()


async def stored(bus: BusConnection) -> int:
    info = await jetstream.call(bus, f"STREAM.INFO.{names.STREAM_TASKS}")
    return int(info["state"]["messages"])


async def test_a_queued_task_is_found_whole_in_whatever_pool_and_priority(queue: BusTaskQueue) -> None:
    task = a_new_task(pool="gpu", priority=Priority.HIGH, stdin="zwölf", labels={"post": "1"})
    assert await queue.enqueue(task)
    assert await queue.find(task.id) == task


async def test_an_unknown_task_is_not_found(queue: BusTaskQueue) -> None:
    assert await queue.find("nobody") is None
    assert not await queue.remove("nobody")


async def test_a_removed_task_is_gone_and_no_other(queue: BusTaskQueue) -> None:
    gone, kept = a_new_task(), a_new_task()
    await queue.enqueue(gone)
    await queue.enqueue(kept)
    assert await queue.remove(gone.id)
    assert await queue.find(gone.id) is None
    assert await queue.find(kept.id) == kept


async def test_of_concurrent_submissions_of_one_id_on_two_gateways_one_is_stored(connect: Connect) -> None:
    first, second = await connect(), await connect()
    task = a_new_task()
    answers = await asyncio.gather(*(queue_on(bus).enqueue(task) for bus in (first, second) * 20))
    assert sorted(answers) == [False] * 39 + [True]
    assert await stored(first) == 1


async def test_an_id_that_was_taken_and_finished_a_moment_ago_is_not_stored_again(
    bus: BusConnection, queue: BusTaskQueue
) -> None:
    task = a_new_task()
    assert await queue.enqueue(task)
    assert await queue.remove(task.id)
    assert not await queue.enqueue(task)
    assert await stored(bus) == 0


async def test_a_full_bus_refuses_with_a_retry_time_and_takes_tasks_again_when_there_is_room(connect: Connect) -> None:
    queue = queue_on(await connect(BusLimits(tasks_max_msgs=2)))
    tasks = [a_new_task() for _ in range(3)]
    await queue.enqueue(tasks[0])
    await queue.enqueue(tasks[1])
    with pytest.raises(QueueFullError) as refusal:
        await queue.enqueue(tasks[2])
    assert refusal.value.retry_after_ms > 0
    await queue.remove(tasks[0].id)
    assert await queue.enqueue(tasks[2])


async def test_the_queue_length_counts_what_waits_per_pool_and_priority(queue: BusTaskQueue) -> None:
    assert await queue.waiting("default", Priority.NORMAL) == 0
    await asyncio.gather(*(queue.enqueue(a_new_task()) for _ in range(7)))
    await queue.enqueue(a_new_task(priority=Priority.LOW))
    assert await queue.waiting("default", Priority.NORMAL) == 7
    assert await queue.waiting("default", Priority.LOW) == 1
    assert await queue.waiting("default", Priority.HIGH) == 0


async def test_another_gateway_sees_the_queue_that_one_filled(connect: Connect) -> None:
    first, second = queue_on(await connect()), queue_on(await connect())
    await asyncio.gather(*(first.enqueue(a_new_task()) for _ in range(5)))
    assert await second.waiting("default", Priority.NORMAL) == 5


async def test_asking_for_the_length_in_a_burst_asks_the_server_once(bus: BusConnection, queue: BusTaskQueue) -> None:
    await queue.waiting("default", Priority.NORMAL)
    client = await bus.client()
    before = client.stats["out_msgs"]
    assert {await queue.waiting("default", Priority.NORMAL) for _ in range(50)} == {0}
    assert client.stats["out_msgs"] - before <= 1


async def test_a_refused_submission_does_not_lengthen_the_queue(bus: BusConnection) -> None:
    lengths = QueueLengths(bus)
    queue = BusTaskQueue(bus, lengths)
    task = a_new_task()
    await queue.waiting("default", Priority.NORMAL)
    for _ in range(3):
        await queue.enqueue(task)
    assert lengths.known()["default", Priority.NORMAL] == 1
    await lengths.close()


async def test_a_pool_seen_for_the_first_time_gets_its_consumer(bus: BusConnection, queue: BusTaskQueue) -> None:
    await queue.waiting("fresh", Priority.HIGH)
    info = await jetstream.call(bus, f"CONSUMER.INFO.{names.STREAM_TASKS}.fresh-high")
    assert info["config"]["priority_groups"] == ["load"]
    assert info["config"]["ack_wait"] == topology.TASK_ACK_WAIT_S * 10**9


async def test_a_task_submitted_while_the_server_restarts_is_stored_once(start_nats: StartNats) -> None:
    server = start_nats()
    async with declared_bus(server, timeout_s=10) as bus:
        queue = queue_on(bus)
        await queue.enqueue(a_new_task())
        server.stop()
        submitting = [asyncio.create_task(queue.enqueue(a_new_task())) for _ in range(20)]
        server.start()
        assert await asyncio.gather(*submitting) == [True] * 20
        assert await stored(bus) == 21


async def test_a_submission_while_the_bus_is_away_says_so_in_time(start_nats: StartNats) -> None:
    server = start_nats()
    async with declared_bus(server, timeout_s=0.3) as bus:
        server.stop()
        with pytest.raises(BusUnavailableError):
            await queue_on(bus).enqueue(a_new_task())


async def test_a_task_larger_than_the_bus_takes_is_the_callers_error(queue: BusTaskQueue) -> None:
    with pytest.raises(TaskTooLargeError, match="more than the bus takes"):
        await queue.enqueue(a_new_task(stdin="x" * (2 << 20)))
