"""The ledger of failed callback attempts, on the stream CALLBACKS, which keeps the newest word about each result."""

from __future__ import annotations

import msgspec

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.infrastructure.bus import streams
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import FailedCallback, ResultMessage

MAX_ERROR_CHARS = 300

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(FailedCallback)


class BusAttemptLedger:
    """Implements ``AttemptLedger``."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def failed(self, result: ResultMessage) -> int:
        payload = await streams.last_payload_of_any_replica(self._bus, names.STREAM_CALLBACKS, _subject(result))
        return 0 if payload is None else _decoder.decode(payload).attempts

    async def note(self, result: ResultMessage, attempts: int, error: str) -> None:
        word = FailedCallback(
            id=result.execution.id, attempts=attempts, error=error[:MAX_ERROR_CHARS], at_ms=wall_clock_ms()
        )
        await jetstream.store(self._bus, _subject(result), _encoder.encode(word))


def _subject(result: ResultMessage) -> str:
    return names.callback_subject(result.execution.id, result.callback.occasion if result.callback else "")
