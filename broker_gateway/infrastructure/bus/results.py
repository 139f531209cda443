"""The result store on RESULTS."""

from __future__ import annotations

import msgspec

from broker_gateway.application.ports import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import ResultMessage

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ResultMessage)
_TAKEN = (jetstream.WRONG_LAST_SEQUENCE, jetstream.MAXIMUM_MESSAGES)


class BusResultStore:
    """Implements ``ResultStore``."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def find(self, task_id: str) -> ResultMessage | None:
        """A direct get: any replica answers, so a result of the last milliseconds may be missing in a cluster."""
        subject = f"$JS.API.DIRECT.GET.{names.STREAM_RESULTS}.{names.result_subject(task_id)}"
        reply = await self._bus.request(subject, b"", repeat=True)
        status = (reply.headers or {}).get("Status")
        if status == "404":
            return None
        if status is not None:
            raise BusUnavailableError(f"the result store answered {status}")
        return _decoder.decode(reply.data)

    async def store(self, result: ResultMessage) -> bool:
        headers = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
        subject = names.result_subject(result.execution.id)
        try:
            await jetstream.store(self._bus, subject, _encoder.encode(result), headers)
        except jetstream.JetStreamError as error:
            if error.err_code in _TAKEN:
                return False
            raise
        return True

    async def forget(self, task_id: str) -> None:
        await jetstream.purge(self._bus, names.STREAM_RESULTS, names.result_subject(task_id))
