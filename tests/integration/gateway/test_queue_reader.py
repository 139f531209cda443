"""Reading the queues from the stream, where that is not as it should be."""

from __future__ import annotations

from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.queue_reader import PART_BYTES, BusQueueReader
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.status import Priority
from schemas.task import SourceFile
from tests.builders import a_new_task


async def test_a_message_that_is_no_task_is_passed_over(bus: BusConnection) -> None:
    await jetstream.store(bus, names.task_subject("default", Priority.LOW, "odd"), b"not a task")
    task = a_new_task()
    await BusTaskQueue(bus, QueueLengths(bus)).enqueue(task)
    part = await BusQueueReader(bus).after(0)
    assert [one.id for one in part.tasks] == [task.id]


async def test_a_number_of_a_stream_that_was_made_anew_starts_from_its_beginning(bus: BusConnection) -> None:
    part = await BusQueueReader(bus).after(1_000)
    assert (part.last, part.is_end) == (0, True)


async def test_large_tasks_are_read_a_megabyte_at_a_time(bus: BusConnection) -> None:
    queue, reader = BusTaskQueue(bus, QueueLengths(bus)), BusQueueReader(bus)
    tasks = [a_new_task(files=[SourceFile("", "x" * (PART_BYTES // 2))]) for _ in range(4)]
    for task in tasks:
        await queue.enqueue(task)
    parts: list[list[str]] = []
    number = 0
    while not (part := await reader.after(number)).is_end:
        parts.append([one.id for one in part.tasks])
        number = part.last
    assert [task_id for one in parts for task_id in one] == [task.id for task in tasks]
    assert max(map(len, parts)) <= 3
    assert len(parts) > 1
