"""The streams of the bare parts: tasks in a work queue, results that are told again once they are stored."""

from __future__ import annotations

from nats.js import JetStreamContext, api

TASKS, RESULTS, STORED = "floor.task", "floor.result", "floor.stored"
TASKS_STREAM, CONSUMER = "FLOOR_TASKS", "floor"


async def declare(stream: JetStreamContext) -> None:
    file = api.StorageType.FILE
    await stream.add_stream(
        api.StreamConfig(
            name=TASKS_STREAM, subjects=[f"{TASKS}.*"], storage=file, retention=api.RetentionPolicy.WORK_QUEUE
        )
    )
    await stream.add_stream(
        api.StreamConfig(
            name="FLOOR_RESULTS",
            subjects=[f"{RESULTS}.*"],
            storage=file,
            republish=api.RePublish(src=f"{RESULTS}.*", dest=f"{STORED}.{{{{wildcard(1)}}}}"),
        )
    )
    consumer = api.ConsumerConfig(durable_name=CONSUMER, ack_policy=api.AckPolicy.EXPLICIT, ack_wait=30.0)
    await stream.add_consumer(TASKS_STREAM, consumer)
