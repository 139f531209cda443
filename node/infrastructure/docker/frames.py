"""The agent's frames as this side sees them: requests encoded, answers decoded and held against their types.

The bytes come from a container in which untrusted programs run, so nothing in them is believed: sizes are bounded
before they are buffered, and every header must be exactly one of the messages below.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Any, Literal, cast

import msgspec

from node.domain.sandbox import Ending

_LENGTHS = Struct("!II")
_MAX_HEADER_BYTES = 1 << 20
_MAX_BODY_BYTES = 512 << 20
_READY_MARK = b"CRDY"


class FrameError(Exception):
    """The other side does not speak the agent's protocol."""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The slot is verified clean and waits for a run."""

    nonce: str
    protocol: int
    runs: int


class Output(msgspec.Struct, frozen=True, tag="output"):
    run_id: str
    stream: Literal["stdout", "stderr"]


class Artefact(msgspec.Struct, frozen=True):
    name: str
    size: int


class Exited(msgspec.Struct, frozen=True, tag="exited"):
    """The program and all its output have ended; the wipe has not."""

    run_id: str
    ending: Ending
    exit_code: int | None
    signal: int | None
    wall_ms: float
    cpu_ms: float
    peak_memory_bytes: int
    stdout_truncated: bool
    stderr_truncated: bool
    limits_hit: list[str]
    artefacts: list[Artefact]


class Clean(msgspec.Struct, frozen=True, tag="clean"):
    run_id: str
    ok: bool
    problems: list[str]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The agent's own failure: nothing was run."""

    run_id: str
    message: str


Message = Ready | Output | Exited | Clean | Failed

_decode = msgspec.json.Decoder(Message).decode
_encode = msgspec.json.Encoder().encode


def encode(header: dict[str, Any], *body: bytes) -> list[bytes]:
    """One frame in the pieces to send, so that a large body is not copied for it. Raises ValueError where header or
    body is larger than the protocol allows."""
    text = _encode(header)
    size = sum(map(len, body))
    if len(text) > _MAX_HEADER_BYTES or size > _MAX_BODY_BYTES:
        raise ValueError(f"a frame of {len(text)} + {size} bytes is too large")
    return [_LENGTHS.pack(len(text), size) + text, *filter(None, body)]


class Decoder:
    """Takes bytes as they come. Before ``expect`` and its mark everything is thrown away, unread."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._mark = b""
        self._synchronised = False
        self._message: Message | None = None
        self._body = bytearray()
        self._filled = 0
        self.body_limit = 64 << 10
        """Bytes of the largest body that is taken now; the running launch decides."""

    def expect(self, nonce: str) -> None:
        """From now on only what follows ``CRDY`` and this nonce counts."""
        self._mark = _READY_MARK + nonce.encode()
        self._synchronised = False
        self._buffer.clear()
        self._message = None

    def feed(self, data: bytes | memoryview) -> Iterator[tuple[Message, bytearray]]:
        """Yields whole frames, each with a body of its own. Raises FrameError for anything that is not one."""
        self._buffer += data
        if not self._synchronised and not self._synchronise():
            return
        while (frame := self._next()) is not None:
            yield frame

    def _synchronise(self) -> bool:
        found = self._buffer.find(self._mark) if self._mark else -1
        if found < 0:
            del self._buffer[: max(0, len(self._buffer) - len(self._mark) + 1)]
            return False
        del self._buffer[: found + len(self._mark)]
        self._synchronised = True
        return True

    def _next(self) -> tuple[Message, bytearray] | None:
        if self._message is None and not self._take_header():
            return None
        taken = self._buffer[: len(self._body) - self._filled]
        self._body[self._filled : self._filled + len(taken)] = taken
        self._filled += len(taken)
        del self._buffer[: len(taken)]
        if self._message is None or self._filled < len(self._body):
            return None
        message, self._message = self._message, None
        return message, self._body

    def _take_header(self) -> bool:
        """True once the header is there; the body then has its place, as large as it says and as we allow."""
        if len(self._buffer) < _LENGTHS.size:
            return False
        header_size, body_size = _LENGTHS.unpack_from(self._buffer)
        if header_size > _MAX_HEADER_BYTES or body_size > self.body_limit:
            raise FrameError(f"a frame of {header_size} + {body_size} bytes")
        end = _LENGTHS.size + header_size
        if len(self._buffer) < end:
            return False
        self._message = _message(bytes(self._buffer[_LENGTHS.size : end]))
        self._body, self._filled = bytearray(body_size), 0
        del self._buffer[:end]
        return True


def _message(text: bytes) -> Message:
    try:
        return cast(Message, _decode(text))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FrameError(f"not a message: {error}") from error


def split_artefacts(listed: list[Artefact], body: bytes | bytearray) -> dict[str, bytes]:
    """Names to contents. Raises FrameError where sizes do not add up or a name would leave its directory."""
    found: dict[str, bytes] = {}
    view = memoryview(body)
    at = 0
    for artefact in listed:
        parts = artefact.name.split("/")
        if artefact.size < 0 or "\0" in artefact.name or any(part in ("", ".", "..") for part in parts):
            raise FrameError(f"not an artefact: {artefact.name!r}")
        found[artefact.name] = bytes(view[at : at + artefact.size])
        at += artefact.size
    if at != len(body):
        raise FrameError(f"artefacts of {at} bytes in a body of {len(body)}")
    return found
