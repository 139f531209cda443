"""The store of kept answers: the key-value bucket CODERUNNER_ANSWERS, spoken to as a stream."""

from __future__ import annotations

import msgspec

from broker_gateway.application.answer_ports import FoundAnswer
from broker_gateway.infrastructure.bus import streams
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection, PayloadTooLargeError
from schemas import names
from schemas.answers import KeptAnswer
from schemas.reader import Reader

PATIENCE_S = 0.5
"""For one answer of the bucket: a submission waits for it."""
_encoder = msgspec.json.Encoder()
_decoder = Reader(KeptAnswer)


class BusAnswerStore:
    """Implements ``AnswerStore``. A revision is the sequence of the key's message."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def find(self, key: str) -> FoundAnswer | None:
        """In a cluster what was kept in the last milliseconds may be missing. What is not understood, of an older or
        newer gateway, is not there."""
        subject = names.answer_subject(key)
        found = await streams.last_of_any_replica(self._bus, names.STREAM_ANSWERS, subject, timeout_s=PATIENCE_S)
        if found is None:
            return None
        try:
            return FoundAnswer(_decoder.decode(found.payload), found.sequence)
        except msgspec.DecodeError:
            await self.forget(key, found.sequence)
            return None

    async def put(self, key: str, kept: KeptAnswer, *, after: int) -> int:
        headers = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: str(after)}
        try:
            payload, subject = _encoder.encode(kept), names.answer_subject(key)
            ack = await jetstream.store(self._bus, subject, payload, headers, timeout_s=PATIENCE_S)
        except jetstream.JetStreamError as error:
            if jetstream.is_taken(error):
                return 0
            raise
        except PayloadTooLargeError:
            return 0
        return ack.seq

    async def forget(self, key: str, revision: int) -> None:
        await streams.purge_below(self._bus, names.STREAM_ANSWERS, names.answer_subject(key), revision + 1)

    async def purge(self, language: str, client: str | None) -> int:
        return await streams.purge(self._bus, names.STREAM_ANSWERS, names.answers_of(language, client))
