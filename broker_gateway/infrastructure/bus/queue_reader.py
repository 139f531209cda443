"""The reader of the queues: direct gets on TASKS, which take nothing from a work queue."""

from __future__ import annotations

import msgspec

from broker_gateway.application.queue_ports import QueuePart
from broker_gateway.domain.scheduler import needs_of
from broker_gateway.domain.waiting_task import WaitingTask
from broker_gateway.infrastructure.bus import streams
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.reader import Reader

PART_TASKS = 256
PART_BYTES = 1 << 20
"""Of one part; a task that is larger is a part by itself."""


class _Checker(msgspec.Struct):
    language: str
    language_version: str


class _Task(msgspec.Struct):
    """What is read of a task's message; the rest is skipped undecoded."""

    id: str
    pool: str
    language: str
    language_version: str
    checker: _Checker | None
    expires_at_ms: int | None
    answer: str = ""
    packages: list[str] = []


_decoder = Reader(_Task)


class BusQueueReader:
    """Implements ``QueueReader``. A part's number is a sequence of TASKS."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def after(self, number: int) -> QueuePart:
        state = (await jetstream.call(self._bus, f"STREAM.INFO.{names.STREAM_TASKS}"))["state"]
        queued, last = int(state["messages"]), int(state["last_seq"])
        if last < number:
            return QueuePart((), 0, is_end=True, queued=queued)  # the stream was made anew
        if not queued or last == number:
            return QueuePart((), last, is_end=True, queued=queued)
        body = {
            "next_by_subj": names.TASKS_WILDCARD,
            "seq": number + 1,
            "batch": PART_TASKS,
            "max_bytes": PART_BYTES,
        }
        found = await streams.read_batch(self._bus, names.STREAM_TASKS, body)
        if not found:
            return QueuePart((), number, is_end=True, queued=queued)  # they are gone, or this replica is behind
        tasks = [task for message in found if (task := _waiting(message.data)) is not None]
        return QueuePart(tasks, streams.sequence_of(found[-1]), is_end=False, queued=queued)


def _waiting(data: bytes) -> WaitingTask | None:
    """None for a message that is none of ours: the node that takes it buries it."""
    try:
        task = _decoder.decode(data)
    except msgspec.DecodeError:
        return None
    return WaitingTask(task.id, task.pool, needs_of(task, task.checker), task.expires_at_ms, task.answer)
