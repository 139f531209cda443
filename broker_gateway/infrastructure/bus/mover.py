"""The way of a waiting task from one queue into another, and who takes from which, on the stream TASKS."""

from __future__ import annotations

from collections.abc import Set

import msgspec

from broker_gateway.application.queue_ports import Move
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.tasks import store_task
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.task import TaskMessage

_NO_SUCH_SEQUENCE = (10043, 10057)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(TaskMessage)


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
        is_new = await self._store(moved, f"{task.id}-moved-{old.sequence}")
        was_there = await self._delete(old.sequence)
        if not is_new:
            return Move.NOT_OURS
        return Move.DONE if was_there else Move.LEFT_MEANWHILE

    async def _store(self, task: TaskMessage, message_id: str) -> bool:
        queue, sequence = (task.pool, task.priority), 0
        lane = await self._lengths.begin(queue, task.client)
        try:
            await self._lengths.ready(queue, lane)
            sequence = await store_task(self._bus, task, _encoder.encode(task), message_id, lane)
        finally:
            self._lengths.end(queue, task.client, lane, sequence)
        return sequence > 0

    async def _delete(self, sequence: int) -> bool:
        body = {"seq": sequence, "no_erase": True}
        try:
            await jetstream.call(self._bus, f"STREAM.MSG.DELETE.{names.STREAM_TASKS}", body, repeat=False)
        except jetstream.JetStreamError as error:
            if error.err_code in _NO_SUCH_SEQUENCE:
                return False
            raise
        return True


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
