"""The result store, on the stream RESULTS."""

from __future__ import annotations

from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.bound import UNBOUND, BoundMessages, ForgedError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import ResultMessage


class BusResultStore:
    """Implements ``ResultStore``."""

    def __init__(self, bus: BusConnection, bound: BoundMessages = UNBOUND) -> None:
        self._bus = bus
        self._bound = bound

    async def find(self, task_id: str) -> ResultMessage | None:
        """The task's result; in a cluster one of the last milliseconds may be missing. One that is refused is none."""
        subject = names.result_subject(task_id)
        payload = await streams.last_payload_of_any_replica(self._bus, names.STREAM_RESULTS, subject)
        try:
            return None if payload is None else self._bound.result(payload, subject, reader="lookup")
        except ForgedError:
            return None

    async def store(self, result: ResultMessage) -> bool:
        headers = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
        subject = names.result_subject(result.execution.id)
        try:
            await jetstream.store(self._bus, subject, self._bound.encoded(result), headers)
        except jetstream.JetStreamError as error:
            if jetstream.is_taken(error):
                return False
            raise
        return True
