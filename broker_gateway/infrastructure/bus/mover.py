"""The way of a waiting task from one queue into another, and who takes from which, on the stream TASKS."""

from __future__ import annotations

from collections.abc import Set

import msgspec

from broker_gateway.application.queue_ports import Move
from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.tasks import store_task
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.reader import Reader
from schemas.task import TaskMessage

_encoder = msgspec.json.Encoder()
_decoder = Reader(TaskMessage)


class BusTaskMover:
    """Implements ``TaskMover``. The new message's id is made from the old one's sequence, and the bus stores an id once
    in its duplicate window: far longer than a move takes."""

    def __init__(self, bus: BusConnection, lengths: QueueLengths) -> None:
        self._bus = bus
        self._lengths = lengths

    async def move(self, task: TaskMessage, pool: str) -> Move:
        subject = names.task_subject_any(task.id)
        old = await jetstream.last_message(self._bus, names.STREAM_TASKS, subject)
        if old is None or (message := _decoder.decode(old.payload)).pool == pool:
            return Move.NOT_OURS
        moved = msgspec.structs.replace(message, pool=pool)
        payload, message_id = _encoder.encode(moved), f"{task.id}-moved-{old.sequence}"
        is_new = await self._lengths.enter(
            (pool, moved.priority),
            (moved.client, moved.reader),
            lambda lane: store_task(self._bus, moved, payload, message_id, lane),
        )
        was_there = await streams.delete(self._bus, names.STREAM_TASKS, old.sequence)
        if not is_new:
            return Move.NOT_OURS
        return Move.DONE if was_there else Move.LEFT_MEANWHILE


class BusQueueActivity:
    """Implements ``QueueActivity``, from the queues' consumers."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def active_pools(self) -> Set[str]:
        active: set[str] = set()
        offset, total = 0, 1
        while offset < total:
            page = await jetstream.call(self._bus, f"CONSUMER.LIST.{names.STREAM_TASKS}", {"offset": offset})
            consumers = page.get("consumers") or []
            for info in consumers:
                if info.get("num_waiting") or info.get("num_ack_pending"):
                    config = info["config"]
                    subjects = [config.get("filter_subject", ""), *config.get("filter_subjects", [])]
                    active.update(map(names.pool_of, subjects))
            offset, total = offset + len(consumers), int(page.get("total", 0)) if consumers else 0
        return active - {""}
