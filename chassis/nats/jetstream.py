"""JetStream's JSON API, as far as it is needed: calls, stores with acknowledgement, reads.

Error codes are the server's own (``err_code``, nats-server's ``server/errors.json``).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection

NO_MESSAGE = 10037
CONSUMER_NOT_FOUND = 10014
STREAM_NOT_FOUND = 10059
STREAM_NAME_IN_USE = 10058
WRONG_LAST_SEQUENCE = 10071
WRONG_LAST_SEQUENCE_CONSTANT = 10164
"""As the one before, from a server that does not tell which sequence would have been right."""
MAXIMUM = 10077
"""Of messages or bytes of the stream, or of messages of one subject: the description says which."""
_OF_ONE_SUBJECT = "per subject"
NO_STORAGE = 10047


class JetStreamError(BusUnavailableError):
    """JetStream said no. Where an adapter does not expect that, its callers see a bus that does not work."""

    def __init__(self, code: int, err_code: int, description: str) -> None:
        super().__init__(f"{description} ({err_code})")
        self.code = code
        self.err_code = err_code
        self.description = description


class _Error(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class Ack(msgspec.Struct):
    """A stream's acknowledgement. ``duplicate``: a message with this id was stored before, and this one was not."""

    stream: str = ""
    seq: int = 0
    duplicate: bool = False
    error: _Error | None = None


class Stored(NamedTuple):
    """A message as its stream holds it; ``sequence`` is its number there."""

    sequence: int
    payload: bytes


_acks = msgspec.json.Decoder(Ack)


def is_away(error: Exception) -> bool:
    """True where the bus did not answer, or said "not now": another try may help. False where JetStream said no."""
    return isinstance(error, BusUnavailableError) and not isinstance(error, JetStreamError)


def is_taken(error: Exception) -> bool:
    """True where the subject has its one message already, or another one than was expected: somebody was first."""
    if not isinstance(error, JetStreamError):
        return False
    if error.err_code == MAXIMUM:
        return _OF_ONE_SUBJECT in error.description
    return error.err_code in (WRONG_LAST_SEQUENCE, WRONG_LAST_SEQUENCE_CONSTANT)


def is_full(error: Exception) -> bool:
    """True where the stream or the server has no room now. What is stored later may find some."""
    return isinstance(error, JetStreamError) and error.err_code in (MAXIMUM, NO_STORAGE) and not is_taken(error)


async def store(
    bus: BusConnection,
    subject: str,
    payload: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    timeout_s: float = 0,
) -> Ack:
    """Stores a message: returns once the stream has it. Raises JetStreamError, BusUnavailableError."""
    reply = await bus.request(subject, payload, headers=headers, timeout_s=timeout_s)
    ack = _acks.decode(reply.data)
    if ack.error is not None:
        raise _refused(ack.error.code, ack.error.err_code, ack.error.description)
    return ack


async def call(
    bus: BusConnection, name: str, body: Mapping[str, Any] | None = None, *, repeat: bool = True
) -> dict[str, Any]:
    """Calls ``$JS.API.<name>``; ``repeat`` as in ``BusConnection.request``. Raises JetStreamError,
    BusUnavailableError."""
    return await call_raw(bus, f"$JS.API.{name}", b"" if body is None else json.dumps(body).encode(), repeat=repeat)


async def call_raw(bus: BusConnection, subject: str, body: bytes, *, repeat: bool = True) -> dict[str, Any]:
    """As ``call``, with the whole subject and the body as bytes."""
    answer: dict[str, Any] = json.loads((await bus.request(subject, body, repeat=repeat)).data)
    if error := answer.get("error"):
        raise _refused(error.get("code", 0), error.get("err_code", 0), error.get("description", ""))
    return answer


async def last_message(bus: BusConnection, stream: str, subject: str) -> Stored | None:
    """The newest message on ``subject`` (wildcards allowed), as the stream's leader has it. Raises JetStreamError,
    BusUnavailableError."""
    try:
        answer = await call(bus, f"STREAM.MSG.GET.{stream}", {"last_by_subj": subject})
    except JetStreamError as error:
        if error.err_code == NO_MESSAGE:
            return None
        raise
    message: dict[str, Any] = answer["message"]
    return Stored(int(message["seq"]), base64.b64decode(message.get("data", "")))


def _refused(code: int, err_code: int, description: str) -> Exception:
    """503 without a reason of its own is "not now": no leader, shutting down."""
    if code == 503 and err_code not in (MAXIMUM, NO_STORAGE):
        return BusUnavailableError(description)
    return JetStreamError(code, err_code, description)
