"""Running an ended task once more: its result and events go, and its message comes again under a new message id."""

from __future__ import annotations

import msgspec

from broker_gateway.application.ports import QueueFullError, TaskSnapshot
from broker_gateway.infrastructure.bus.dead import bounds, last, purge_before
from broker_gateway.infrastructure.bus.tasks import FULL_RETRY_MS
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import ResultMessage
from schemas.task import TaskMessage

_NO_SUCH_SEQUENCE = (10043, 10057)
_FULL = (jetstream.MAXIMUM_MESSAGES, jetstream.NO_STORAGE)

_encoder = msgspec.json.Encoder()
_results = msgspec.json.Decoder(ResultMessage)


class BusTaskRerun:
    """Implements ``TaskRerun``. Reads from the streams' leaders: a replica may be behind."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def standing(self, task_id: str) -> TaskSnapshot:
        """In this order: the events that are counted were there before anything else was looked at, and a task that is
        not in the queue any more has its result stored."""
        _, events_before = await bounds(self._bus, names.STREAM_EVENTS)
        queued = await last(self._bus, names.STREAM_TASKS, names.task_subject_any(task_id))
        place, payload = await last(self._bus, names.STREAM_RESULTS, names.result_subject(task_id)) or (0, b"")
        return TaskSnapshot(
            is_queued=queued is not None,
            result=_results.decode(payload) if place else None,
            result_place=place,
            events_before=events_before,
        )

    async def forget_attempts(self, task_id: str, standing: TaskSnapshot) -> None:
        await purge_before(self._bus, names.STREAM_EVENTS, names.events_of(task_id), standing.events_before)

    async def forget_result(self, standing: TaskSnapshot) -> bool:
        body = {"seq": standing.result_place, "no_erase": True}
        try:
            await jetstream.call(self._bus, f"STREAM.MSG.DELETE.{names.STREAM_RESULTS}", body, repeat=False)
        except jetstream.JetStreamError as error:
            if error.err_code in _NO_SUCH_SEQUENCE:
                return False
            raise
        return True

    async def enqueue(self, task: TaskMessage, occasion: str) -> bool:
        """The id is refused by its subject while its message is there, and the occasion by the duplicate window."""
        headers = {
            names.HEADER_MSG_ID: f"{task.id}-again-{occasion}",
            names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0",
        }
        subject = names.task_subject(task.pool, task.priority, task.id)
        try:
            ack = await jetstream.store(self._bus, subject, _encoder.encode(task), headers)
        except jetstream.JetStreamError as error:
            if error.err_code == jetstream.WRONG_LAST_SEQUENCE:
                return False
            if error.err_code in _FULL:
                raise QueueFullError(f"the bus is full: {error.description}", FULL_RETRY_MS) from error
            raise
        return not ack.duplicate
