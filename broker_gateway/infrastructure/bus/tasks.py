"""The task queue on TASKS."""

from __future__ import annotations

import msgspec
import stamina

from broker_gateway.application.ports import BusUnavailableError, QueueFullError, TaskTooLargeError
from broker_gateway.infrastructure.bus.queue_lengths import Queue, QueueLengths
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection, PayloadTooLargeError
from schemas import names
from schemas.status import Priority
from schemas.task import TaskMessage

FULL_RETRY_MS = 1000
"""What a caller is told to wait when the bus itself is full."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(TaskMessage)
_FULL = (jetstream.MAXIMUM_MESSAGES, jetstream.NO_STORAGE)


class BusTaskQueue:
    """Implements ``TaskQueue``. Concurrent calls share the connection and do not wait for each other."""

    def __init__(self, bus: BusConnection, depths: QueueLengths) -> None:
        self._bus = bus
        self._depths = depths

    async def enqueue(self, task: TaskMessage) -> bool:
        queue = (task.pool, task.priority)
        stored = False
        self._depths.begin(queue)
        try:
            stored = await self._store(task, queue)
        finally:
            self._depths.end(queue, stored=stored)
        return stored

    async def waiting(self, pool: str, priority: Priority, *, recount: bool = False) -> int:
        return await self._depths.waiting((pool, priority), recount=recount)

    async def find(self, task_id: str) -> TaskMessage | None:
        payload = await jetstream.last_message(self._bus, names.STREAM_TASKS, names.task_subject_any(task_id))
        return None if payload is None else _decoder.decode(payload)

    async def remove(self, task_id: str) -> bool:
        return await jetstream.purge(self._bus, names.STREAM_TASKS, names.task_subject_any(task_id)) > 0

    async def _store(self, task: TaskMessage, queue: Queue) -> bool:
        subject = names.task_subject(*queue, task.id)
        payload = _encoder.encode(task)
        try:
            return await self._store_once(subject, payload, task.id)
        except BusUnavailableError:
            return await self._store_patiently(subject, payload, task.id)

    @stamina.retry(on=BusUnavailableError, attempts=2, wait_initial=0.1, wait_max=1.0)
    async def _store_patiently(self, subject: str, payload: bytes, task_id: str) -> bool:
        """Trying again is safe: the id is stored once."""
        return await self._store_once(subject, payload, task_id)

    async def _store_once(self, subject: str, payload: bytes, task_id: str) -> bool:
        """The id is refused by its subject while its message is there, by the duplicate window once it is gone."""
        headers = {names.HEADER_MSG_ID: task_id, names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
        try:
            ack = await jetstream.store(self._bus, subject, payload, headers)
        except PayloadTooLargeError as error:
            raise TaskTooLargeError(str(error)) from error
        except jetstream.JetStreamError as error:
            if error.err_code == jetstream.WRONG_LAST_SEQUENCE:
                return False
            if error.err_code in _FULL:
                raise QueueFullError(f"the bus is full: {error.description}", FULL_RETRY_MS) from error
            raise
        return not ack.duplicate
