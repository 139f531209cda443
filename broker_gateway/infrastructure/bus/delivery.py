"""One finished execution in the relay's hands."""

from __future__ import annotations

import contextlib

import msgspec
import nats.errors
from nats.aio.msg import Msg

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.relayed import RelayedResults
from chassis.nats import acks, jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.buried_ids import buried_id
from schemas.dead_letter import DeadLetter
from schemas.execution import ResultMessage

_encoder = msgspec.json.Encoder()
_LOST = (nats.errors.Error, OSError)
"""A word to the server that does not arrive only means that the message comes again."""


class BusResultDelivery:
    """Implements ``ResultDelivery``."""

    def __init__(self, bus: BusConnection, message: Msg, result: ResultMessage, relayed: RelayedResults) -> None:
        self._bus = bus
        self._relayed = relayed
        self._message = message
        self._result = result

    @property
    def result(self) -> ResultMessage:
        return self._result

    @property
    def attempt(self) -> int:
        return acks.times_delivered(self._message.reply)

    @property
    def size_bytes(self) -> int:
        return len(self._message.data)

    async def done(self) -> None:
        """Acknowledges it. Where there was no callback to deliver, it costs nothing if the word is lost: it need not
        leave at once."""
        self._relayed.add(acks.stream_sequence(self._message.reply))
        if self._result.callback is None:
            self._bus.post(self._message.reply, acks.ACK)
            return
        with contextlib.suppress(*_LOST):
            await self._message.ack()

    async def retry_in(self, seconds: float) -> None:
        with contextlib.suppress(*_LOST):
            await self._message.nak(delay=seconds)

    async def keep_alive(self) -> None:
        with contextlib.suppress(*_LOST):
            await self._message.in_progress()

    async def bury(self, reason: str, detail: str) -> None:
        """Makes a dead letter of it. Raises BusUnavailableError, JetStreamError: then it is not buried, and comes
        again."""
        await bury_message(self._bus, self._message, reason, detail, self._result.execution.id)
        self._relayed.add(acks.stream_sequence(self._message.reply))


async def refuse_result(bus: BusConnection, message: Msg, reason: str, detail: str) -> None:
    """Buries what stands on a task's result subject and is none of its results, and makes way for the task's own: its
    node tries again."""
    await _keep_letter(bus, message, reason, detail, buried_id(message.subject))
    await streams.delete(bus, names.STREAM_RESULTS, acks.stream_sequence(message.reply))
    with contextlib.suppress(*_LOST):
        await message.term()


async def bury_message(bus: BusConnection, message: Msg, reason: str, detail: str, task_id: str) -> None:
    """Buries a message, in the dead letters first, then out of the consumer: it may be there twice, never lost."""
    await _keep_letter(bus, message, reason, detail, task_id)
    with contextlib.suppress(*_LOST):
        await message.term()


async def _keep_letter(bus: BusConnection, message: Msg, reason: str, detail: str, task_id: str) -> None:
    letter = DeadLetter.of(
        task_id,
        reason,
        detail,
        subject=message.subject,
        data=message.data,
        at_ms=wall_clock_ms(),
        attempts=acks.times_delivered(message.reply),
        max_bytes=bus.max_bytes,
    )
    await jetstream.store(bus, names.dead_subject(reason, task_id), _encoder.encode(letter), {})
