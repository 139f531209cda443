"""The result store, on the stream RESULTS."""

from __future__ import annotations

import msgspec

from broker_gateway.infrastructure.bus import streams
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import ResultMessage
from schemas.reader import Reader

_encoder = msgspec.json.Encoder()
_decoder = Reader(ResultMessage)


class BusResultStore:
    """Implements ``ResultStore``."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def find(self, task_id: str) -> ResultMessage | None:
        """The task's result; in a cluster one of the last milliseconds may be missing."""
        subject = names.result_subject(task_id)
        payload = await streams.last_payload_of_any_replica(self._bus, names.STREAM_RESULTS, subject)
        return None if payload is None else _decoder.decode(payload)

    async def store(self, result: ResultMessage) -> bool:
        headers = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
        subject = names.result_subject(result.execution.id)
        try:
            await jetstream.store(self._bus, subject, _encoder.encode(result), headers)
        except jetstream.JetStreamError as error:
            if jetstream.is_taken(error):
                return False
            raise
        return True
