"""The node's outgoing side of the bus: results, events, live output; and what the bus remembers of earlier attempts."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping

import msgspec

from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from node.application.off_loop import off_loop
from node.domain.shrink import CUTS, output_size, shrink_outputs
from node.infrastructure.bus.publisher import Publisher
from schemas import names
from schemas.execution import Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.progress import ProgressMessage
from schemas.reader import Reader
from schemas.status import Status

_FIRST_WRITER = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
_HEADROOM_BYTES = 1024
_ON_RECORD_S = 1.0
"""How long a bus that does not answer may keep a task from being looked at."""

_WAY_IS_MADE_S = (0.02, 0.1, 0.5, 2.0, 5.0)
"""Pauses before further tries to store a result in whose place stands what no gateway believes."""
_RUNNING_AFTER_S = 0.005
"""Most programs have ended by then, and the word that they run leaves in one write with their result; nobody sees the
difference on a page."""

_encoder = msgspec.json.Encoder()
_decoder = Reader(ResultMessage)


class NatsResultSink:
    """Implements ``ResultSink`` on RESULTS: a reply is a subject of that stream."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    @property
    def max_bytes(self) -> int:
        return self._publisher.max_bytes - _HEADROOM_BYTES

    async def store(self, result: ResultMessage, reply: str) -> bool:
        """As the port says. Raises BusUnavailableError, JetStreamError."""
        payload, digest = await off_loop(output_size(result.execution), lambda: self._packed(result))
        ours = {names.HEADER_MSG_ID: digest}
        try:
            await self._publisher.store(reply, payload, _FIRST_WRITER | ours)
        except jetstream.JetStreamError as error:
            if not jetstream.is_taken(error):  # RESULTS keeps one message per subject and refuses a second
                raise
            return await self._is_ours(reply, payload, ours) or (
                bool(result.seal) and await self._is_stored_after_all(reply, payload, ours)
            )
        return True

    async def find(self, reply: str) -> Execution | None:
        """Asks a gateway: a node may read no results."""
        stored = await self._publisher.bus.request(names.ask_result_subject(names.task_of(reply)), b"", repeat=True)
        if not stored.data:
            return None
        try:
            return _decoder.decode(stored.data).execution
        except msgspec.MsgspecError as error:
            raise OSError(f"the stored result was not understood: {error}") from error

    async def _is_ours(self, reply: str, payload: bytes, ours: Mapping[str, str]) -> bool:
        """A try whose answer was lost, and that was repeated, finds its own result: the stream knows the message's id
        again. Of another's, it takes no second message on the subject."""
        try:
            await jetstream.store(self._publisher.bus, reply, payload, ours)
        except BusUnavailableError:
            return False
        return True

    async def _is_stored_after_all(self, reply: str, payload: bytes, ours: Mapping[str, str]) -> bool:
        """What stands in the place of a result may be none of the task's (docs/adr/0025): no gateway believes it then,
        and the next one that reads it takes it away. False where it is one, or nobody can tell."""
        for pause_s in _WAY_IS_MADE_S:
            try:
                if await self.find(reply) is not None:
                    return False
            except (BusUnavailableError, OSError):
                return False
            await asyncio.sleep(pause_s)
            if await self._is_ours(reply, payload, ours):
                return True
        return False

    def _packed(self, result: ResultMessage) -> tuple[bytes, str]:
        """The message, and its digest."""
        payload = self._encoded(result)
        return payload, hashlib.sha256(payload).hexdigest()[:32]

    def _encoded(self, result: ResultMessage) -> bytes:
        """Its output was cut to its budget: it is too large only where the bus takes less than it did when the task
        was begun."""
        payload = msgspec.json.encode(result)
        for characters in CUTS:
            if len(payload) <= self.max_bytes:
                break
            smaller = shrink_outputs(result.execution, characters)
            payload = msgspec.json.encode(msgspec.structs.replace(result, execution=smaller))
        return payload


class NatsAnnouncer:
    """Implements ``Announcer``. Events and progress are stored by their streams without our waiting for it; output is
    not stored at all."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def event(self, event: TaskEvent) -> None:
        after_s = _RUNNING_AFTER_S if event.status is Status.RUNNING else 0.0
        self._publisher.post(names.event_subject(event.id, event.status), _encoder.encode(event), after_s)

    def output(self, chunk: OutputChunk) -> None:
        self._publisher.post(names.output_subject(chunk.id), _encoder.encode(chunk))

    def progress(self, message: ProgressMessage) -> None:
        self._publisher.post(names.progress_subject(message.progress.execution.id), _encoder.encode(message))


class NatsRunLedger:
    """Implements ``RunLedger``: a gateway counts what nodes announced, with the rule of ``names.starts_among``."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def preparing(self, event: TaskEvent) -> None:
        await self._publisher.confirmed(names.preparing_subject(event.id), _encoder.encode(event), _ON_RECORD_S)

    def prepared(self, event: TaskEvent) -> None:
        self._publisher.post(names.prepared_subject(event.id), _encoder.encode(event))

    async def starts(self, task_id: str) -> int:
        answer = await self._publisher.bus.request(names.ask_starts_subject(task_id), b"", repeat=True)
        try:
            return int(answer.data)
        except ValueError as error:
            raise OSError(f"the answer was not understood: {error}") from error
