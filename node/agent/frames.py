"""Frames between node and agent: ``header length | body length | header (JSON) | body``, lengths u32 big endian."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

LENGTHS = struct.Struct("!II")
MAX_HEADER_BYTES = 1 << 20
MAX_BODY_BYTES = 512 << 20
READY_MARK = b"CRDY"
"""Followed by the hello's nonce (32 hexadecimal characters) and the ready frame."""


class FrameError(Exception):
    """The peer does not speak this protocol."""


def encode(header: dict[str, Any], *body: bytes) -> list[bytes]:
    """One frame in the pieces to send, so that a large body is not copied for it."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return [LENGTHS.pack(len(text), sum(map(len, body))) + text, *filter(None, body)]


def strings(items: list[bytes]) -> bytes:
    """A list of byte strings for a waiting process: count, then length and bytes of each, u32 big endian."""
    return struct.pack("!I", len(items)) + b"".join(struct.pack("!I", len(item)) + item for item in items)


class Decoder:
    """Takes bytes as they come, yields ``(header, body)``. Raises FrameError for anything that is not a frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._header: dict[str, Any] | None = None
        self._body = bytearray()
        self._filled = 0

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, Any], bytearray]]:
        self._buffer += data
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> tuple[dict[str, Any], bytearray] | None:
        if self._header is None and not self._take_header():
            return None
        taken = self._buffer[: len(self._body) - self._filled]
        self._body[self._filled : self._filled + len(taken)] = taken
        self._filled += len(taken)
        del self._buffer[: len(taken)]
        if self._header is None or self._filled < len(self._body):
            return None
        header, self._header = self._header, None
        return header, self._body

    def _take_header(self) -> bool:
        """True once the header is there; the body then has its place."""
        if len(self._buffer) < LENGTHS.size:
            return False
        header_size, body_size = LENGTHS.unpack_from(self._buffer)
        if header_size > MAX_HEADER_BYTES or body_size > MAX_BODY_BYTES:
            raise FrameError(f"a frame of {header_size} + {body_size} bytes")
        end = LENGTHS.size + header_size
        if len(self._buffer) < end:
            return False
        self._header = _header(bytes(self._buffer[LENGTHS.size : end]))
        self._body, self._filled = bytearray(body_size), 0
        del self._buffer[:end]
        return True


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise FrameError("a header that is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise FrameError("a header without a type")
    return header
