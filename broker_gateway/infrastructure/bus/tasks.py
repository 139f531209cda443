"""The task queue, on the stream TASKS."""

from __future__ import annotations

import time

import msgspec

from broker_gateway.application.ports import QueueFullError, TaskTooLargeError
from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.bound import UNBOUND, BoundMessages
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from chassis.backoff import Backoff
from chassis.errors import BusAwayError, BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection, PayloadTooLargeError
from schemas import names
from schemas.lanes import FIRST
from schemas.reader import Reader
from schemas.status import Priority
from schemas.task import TaskMessage

FULL_RETRY_MS = 1000
"""What a caller is told to wait when the bus itself is full."""

_encoder = msgspec.json.Encoder()
_decoder = Reader(TaskMessage)
_BETWEEN_TRIES = Backoff(base_s=0.1, max_s=1.0)
_LAST_TRY_S = 0.1
_SOME_SEQUENCE = 1
"""Of a task that was stored, and whose acknowledgement was lost."""


class BusTaskQueue:
    """Implements ``TaskQueue``. Concurrent calls share the connection and do not wait for each other."""

    def __init__(self, bus: BusConnection, lengths: QueueLengths, bound: BoundMessages = UNBOUND) -> None:
        self._bus = bus
        self._seals = bound.seals
        self._lengths = lengths

    async def enqueue(self, task: TaskMessage) -> bool:
        queue = (task.pool, task.priority)
        return await self._lengths.enter(queue, (task.client, task.reader), lambda lane: self._store(task, lane))

    async def waiting(self, pool: str, priority: Priority, *, recount: bool = False) -> int:
        return await self._lengths.waiting((pool, priority), recount=recount)

    async def find(self, task_id: str) -> TaskMessage | None:
        found = await jetstream.last_message(self._bus, names.STREAM_TASKS, names.task_subject_any(task_id))
        return None if found is None else _decoder.decode(found.payload)

    async def remove(self, task_id: str) -> bool:
        return await streams.purge(self._bus, names.STREAM_TASKS, names.task_subject_any(task_id)) > 0

    async def _store(self, task: TaskMessage, lane: int) -> int:
        payload = _encoder.encode(self._seals.sealed(task))
        until = time.monotonic() + self._bus.settings.timeout_s
        try:
            return await store_task(self._bus, task, payload, task.id, lane)
        except BusUnavailableError as error:
            left_s = until - time.monotonic()
            if left_s <= 0 or not jetstream.is_away(error):
                raise
            return await self._store_patiently(task, payload, lane, left_s, error)

    async def _store_patiently(
        self, task: TaskMessage, payload: bytes, lane: int, left_s: float, first: BusUnavailableError
    ) -> int:
        """Trying again is safe: the id is stored once. A task that is then found there is taken for the one that the
        first try has stored."""
        until = time.monotonic() + left_s
        try:
            async for attempt in _BETWEEN_TRIES.retrying(on=jetstream.is_away, within_s=left_s):
                with attempt:
                    left_s = max(_LAST_TRY_S, until - time.monotonic())
                    sequence = await store_task(self._bus, task, payload, task.id, lane, timeout_s=left_s)
                    return sequence or (0 if isinstance(first, BusAwayError) else _SOME_SEQUENCE)
        except BusAwayError as error:
            raise first from error
        raise AssertionError("the last try returns or raises")


async def store_task(
    bus: BusConnection, task: TaskMessage, payload: bytes, message_id: str, lane: int = FIRST, *, timeout_s: float = 0
) -> int:
    """Stores the task once: it is refused by its subject while its message is there, and by ``message_id`` for the
    duplicate window, whatever the lane. Returns its sequence; 0 where it was there. Raises QueueFullError,
    TaskTooLargeError, BusUnavailableError."""
    subject = names.task_subject(task.pool, task.priority, task.id, lane)
    headers = {names.HEADER_MSG_ID: message_id, names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
    try:
        ack = await jetstream.store(bus, subject, payload, headers, timeout_s=timeout_s)
    except PayloadTooLargeError as error:
        raise TaskTooLargeError(str(error)) from error
    except jetstream.JetStreamError as error:
        if error.err_code == jetstream.WRONG_LAST_SEQUENCE:
            return 0
        if jetstream.is_full(error):
            raise QueueFullError(f"the bus is full: {error.description}", FULL_RETRY_MS) from error
        raise
    return 0 if ack.duplicate else ack.seq
