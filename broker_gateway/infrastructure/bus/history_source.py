"""The sources of what the history records: durable pull consumers on EVENTS and RESULTS that all projectors share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
import structlog
from nats.aio.msg import Msg

from broker_gateway.application.history_ports import HistoryEntry, TaskRecord
from broker_gateway.application.ports import Place
from broker_gateway.application.task_records import record_of_event, record_of_result
from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.bound import UNBOUND, BoundMessages
from broker_gateway.infrastructure.bus.durable_pull import MOST_BYTES, Durable, DurablePull
from chassis.nats import acks
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.execution import TaskEvent
from schemas.reader import Reader

TOO_OLD_S = topology.HISTORY_ACK_WAIT_S / 2
GATHER_S = 0.1
"""How long entries wait for others, where it was not enough that came: a transaction costs as much as storing a dozen
tasks, and the bus tells of what is not recorded yet."""
_ERROR_CHARS = 300
_events = Reader(TaskEvent)

_log = structlog.get_logger(__name__)


class BusHistoryEntry:
    """Implements ``HistoryEntry``."""

    def __init__(self, bus: BusConnection, message: Msg, record: TaskRecord) -> None:
        self._bus = bus
        self._message = message
        self._record = record

    @property
    def record(self) -> TaskRecord:
        return self._record

    def done(self) -> None:
        self._bus.post(self._message.reply, acks.ACK)


class BusHistorySource:
    """Implements ``HistorySource`` on one stream. What cannot be read tells nothing, and is settled."""

    def __init__(
        self, bus: BusConnection, stream: str, gather_s: float = GATHER_S, bound: BoundMessages = UNBOUND
    ) -> None:
        """``stream``: EVENTS or RESULTS."""
        self._bus = bus
        self._bound = bound
        self._stream = stream
        self._gather_s = gather_s
        self._pull = DurablePull(bus, Durable(stream, topology.history_consumers()[stream], TOO_OLD_S))
        self._era = 0
        self.waiting = 0
        """Messages that were still to be taken when the last ones came."""
        bus.on_connect(self._forget_era)

    async def take(self, max_entries: int) -> Sequence[HistoryEntry]:
        while True:
            messages = await self._gathered(max_entries)
            self.waiting = acks.pending(messages[-1].reply)
            if self._stream == names.STREAM_EVENTS and not self._era:
                self._era = (await streams.bounds(self._bus, self._stream)).era
            if entries := [entry for message in messages if (entry := self._entry(message)) is not None]:
                return entries

    async def _gathered(self, most: int) -> list[Msg]:
        messages = await self._pull.take(most)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._gather_s):
                while len(messages) < most and sum(len(message.data) for message in messages) < MOST_BYTES:
                    messages += await self._pull.take(most - len(messages))
        return messages

    async def _forget_era(self) -> None:
        """The server may have another stream now."""
        self._era = 0

    def _entry(self, message: Msg) -> HistoryEntry | None:
        read: Callable[[Msg], TaskRecord | None]
        read = self._of_event if self._stream == names.STREAM_EVENTS else self._of_result
        try:
            record = read(message)
        except ValueError as error:  # also of an id that stands in no subject
            told = str(error)[:_ERROR_CHARS]
            _log.warning("history_message_unreadable", subject=message.subject[:_ERROR_CHARS], error=told)
            record = None
        if record is None:
            self._bus.post(message.reply, acks.ACK)
            return None
        return BusHistoryEntry(self._bus, message, record)

    def _of_event(self, message: Msg) -> TaskRecord | None:
        """None for a node's word that it looks at the task: that is no state."""
        if not names.is_of_state(message.subject):
            return None
        event = _events.decode(message.data)
        if message.subject != names.event_subject(event.id, event.status):
            raise msgspec.ValidationError("it tells of another task or state than its subject")
        return record_of_event(event, Place(self._era, acks.stream_sequence(message.reply)))

    def _of_result(self, message: Msg) -> TaskRecord:
        result = self._bound.result(message.data, message.subject, reader="history")
        if message.subject != names.result_subject(result.execution.id):
            raise msgspec.ValidationError("it is the result of another task than its subject")
        return record_of_result(result)
