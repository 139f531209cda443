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


def encode(header: dict[str, Any], body: bytes = b"") -> bytes:
    """Raises ValueError where header or body is larger than the protocol allows."""
    text = _encode(header)
    if len(text) > _MAX_HEADER_BYTES or len(body) > _MAX_BODY_BYTES:
        raise ValueError(f"a frame of {len(text)} + {len(body)} bytes is too large")
    return _LENGTHS.pack(len(text), len(body)) + text + body


class Decoder:
    """Takes bytes as they come. Before ``expect`` and its mark everything is thrown away, unread."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._mark = b""
        self._synchronised = False
        self.body_limit = 64 << 10
        """Bytes of the largest body that is taken now; the running launch decides."""

    def expect(self, nonce: str) -> None:
        """From now on only what follows ``CRDY`` and this nonce counts."""
        self._mark = _READY_MARK + nonce.encode()
        self._synchronised = False
        self._buffer.clear()

    def feed(self, data: bytes) -> Iterator[tuple[Message, bytes]]:
        """Yields whole frames. Raises FrameError for anything that is not one."""
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

    def _next(self) -> tuple[Message, bytes] | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        header_size, body_size = _LENGTHS.unpack_from(self._buffer)
        if header_size > _MAX_HEADER_BYTES or body_size > self.body_limit:
            raise FrameError(f"a frame of {header_size} + {body_size} bytes")
        start = _LENGTHS.size + header_size
        end = start + body_size
        if len(self._buffer) < end:
            return None
        message = _message(bytes(self._buffer[_LENGTHS.size : start]))
        body = bytes(self._buffer[start:end])
        del self._buffer[:end]
        return message, body


def _message(text: bytes) -> Message:
    try:
        return cast(Message, _decode(text))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FrameError(f"not a message: {error}") from error


def split_artefacts(listed: list[Artefact], body: bytes) -> dict[str, bytes]:
    """Names to contents. Raises FrameError where sizes do not add up or a name would leave its directory."""
    found: dict[str, bytes] = {}
    at = 0
    for artefact in listed:
        parts = artefact.name.split("/")
        if artefact.size < 0 or "\0" in artefact.name or any(part in ("", ".", "..") for part in parts):
            raise FrameError(f"not an artefact: {artefact.name!r}")
        found[artefact.name] = body[at : at + artefact.size]
        at += artefact.size
    if at != len(body):
        raise FrameError(f"artefacts of {at} bytes in a body of {len(body)}")
    return found
