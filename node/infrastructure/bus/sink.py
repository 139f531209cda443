"""Results, events and live output, on their way to the bus; and what the bus remembers of earlier attempts."""

from __future__ import annotations

import base64
import json

import msgspec

from node.domain.shrink import CUTS, shrink_outputs
from node.infrastructure.bus.publisher import Publisher, RefusedError
from schemas import names
from schemas.execution import Execution, OutputChunk, ResultMessage, TaskEvent

_FIRST_WRITER = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
_WRONG_LAST_SEQUENCE = frozenset({10071, 10164})
_SUBJECT_FULL = 10077
"""RESULTS keeps one message per subject and refuses a second."""
_NO_MESSAGE = 10037
_HEADROOM_BYTES = 1024

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ResultMessage)


class NatsResultSink:
    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def store(self, result: ResultMessage) -> bool:
        """Raises BusAwayError, TimeoutError, RefusedError."""
        subject = names.result_subject(result.execution.id)
        payload = self._encoded(result)
        try:
            await self._publisher.store(subject, payload, _FIRST_WRITER)
        except RefusedError as error:
            if error.code in _WRONG_LAST_SEQUENCE or error.code == _SUBJECT_FULL:
                return await self._is_ours(subject, payload)
            raise
        return True

    async def find(self, task_id: str) -> Execution | None:
        """Asks the stream's leader: a replica may still have what was taken away."""
        wanted = json.dumps({"last_by_subj": names.result_subject(task_id)}).encode()
        try:
            answer = await self._publisher.request(f"$JS.API.STREAM.MSG.GET.{names.STREAM_RESULTS}", wanted)
        except RefusedError as error:
            if error.code == _NO_MESSAGE:
                return None
            raise OSError(f"the results were not told: {error}") from error
        try:
            return _decoder.decode(base64.b64decode(answer["message"]["data"])).execution
        except msgspec.MsgspecError as error:
            raise OSError(f"the stored result was not understood: {error}") from error

    async def _is_ours(self, subject: str, payload: bytes) -> bool:
        """A try whose answer was lost, and that was repeated, finds its own result."""
        wanted = json.dumps({"last_by_subj": subject}).encode()
        try:
            kept = await self._publisher.ask(f"$JS.API.DIRECT.GET.{names.STREAM_RESULTS}", wanted)
        except (OSError, TimeoutError):
            return False
        return kept == payload

    def _encoded(self, result: ResultMessage) -> bytes:
        most = self._publisher.most_bytes - _HEADROOM_BYTES
        payload = _encoder.encode(result)
        for characters in CUTS:
            if len(payload) <= most:
                break
            smaller = shrink_outputs(result.execution, characters)
            payload = _encoder.encode(msgspec.structs.replace(result, execution=smaller))
        return payload


class NatsAnnouncer:
    """Events are stored by their stream without our waiting for it; output is not stored at all."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def event(self, event: TaskEvent) -> None:
        self._publisher.post(names.event_subject(event.id, event.status), _encoder.encode(event))

    def output(self, chunk: OutputChunk) -> None:
        self._publisher.post(names.output_subject(chunk.id), _encoder.encode(chunk))


class NatsRunLedger:
    """Counts a task's RUNNING events, one for each time that a node began it."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def starts(self, task_id: str) -> int:
        subject = names.events_of(task_id).replace("*", "running")
        request = json.dumps({"subjects_filter": subject}).encode()
        try:
            answer = await self._publisher.request(f"$JS.API.STREAM.INFO.{names.STREAM_EVENTS}", request)
        except RefusedError as error:
            raise OSError(f"the events were not told: {error}") from error
        subjects: dict[str, int] = answer["state"].get("subjects") or {}
        return subjects.get(subject, 0)
