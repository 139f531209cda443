"""The rerun of an ended task (docs/adr/0006-attempts-are-runs.md): its result and its events are removed, and its
message is stored again under a new message id."""

from __future__ import annotations

import msgspec

from broker_gateway.application.operations_ports import TaskSnapshot
from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.bound import UNBOUND, BoundMessages, ForgedError
from broker_gateway.infrastructure.bus.tasks import store_task
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import ResultMessage
from schemas.task import TaskMessage

_encoder = msgspec.json.Encoder()


class BusTaskRerun:
    """Implements ``TaskRerun``. It reads from the streams' leaders, since a replica may be behind."""

    def __init__(self, bus: BusConnection, bound: BoundMessages = UNBOUND) -> None:
        self._bus = bus
        self._bound = bound

    async def snapshot(self, task_id: str) -> TaskSnapshot:
        """Reads what the streams hold of the task. They are read in this order: the events that are counted were there
        before anything else was looked at, and a task that is not in the queue any more has its result stored."""
        events = await streams.bounds(self._bus, names.STREAM_EVENTS)
        queued = await jetstream.last_message(self._bus, names.STREAM_TASKS, names.task_subject_any(task_id))
        stored = await jetstream.last_message(self._bus, names.STREAM_RESULTS, names.result_subject(task_id))
        result = None if stored is None else self._trusted(stored, task_id)
        return TaskSnapshot(
            is_queued=queued is not None,
            result=result,
            result_sequence=0 if stored is None else stored.sequence,
            events_before=events.below,
        )

    async def forget_attempts(self, task_id: str, snapshot: TaskSnapshot) -> None:
        subject = names.events_of(task_id)
        await streams.purge_below(self._bus, names.STREAM_EVENTS, subject, snapshot.events_before)

    async def forget_result(self, snapshot: TaskSnapshot) -> bool:
        return await streams.delete(self._bus, names.STREAM_RESULTS, snapshot.result_sequence)

    async def enqueue(self, task: TaskMessage, occasion: str) -> bool:
        payload = _encoder.encode(self._bound.seals.sealed(task))
        return await store_task(self._bus, task, payload, f"{task.id}-again-{occasion}") > 0

    def _trusted(self, stored: jetstream.Stored, task_id: str) -> ResultMessage | None:
        """None for what is refused, which the relay takes away."""
        try:
            return self._bound.result(stored.payload, names.result_subject(task_id), reader="rerun")
        except ForgedError:
            return None
