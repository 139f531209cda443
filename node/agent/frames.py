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


def encode(header: dict[str, Any], body: bytes = b"") -> bytes:
    text = json.dumps(header, separators=(",", ":")).encode()
    return LENGTHS.pack(len(text), len(body)) + text + body


def strings(items: list[bytes]) -> bytes:
    """A list of byte strings for a waiting process: count, then length and bytes of each, u32 big endian."""
    return struct.pack("!I", len(items)) + b"".join(struct.pack("!I", len(item)) + item for item in items)


class Decoder:
    """Takes bytes as they come, yields ``(header, body)``. Raises FrameError for anything that is not a frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
        self._buffer += data
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> tuple[dict[str, Any], bytes] | None:
        if len(self._buffer) < LENGTHS.size:
            return None
        header_size, body_size = LENGTHS.unpack_from(self._buffer)
        if header_size > MAX_HEADER_BYTES or body_size > MAX_BODY_BYTES:
            raise FrameError(f"a frame of {header_size} + {body_size} bytes")
        end = LENGTHS.size + header_size + body_size
        if len(self._buffer) < end:
            return None
        start = LENGTHS.size + header_size
        text, body = bytes(self._buffer[LENGTHS.size : start]), bytes(self._buffer[start:end])
        del self._buffer[:end]
        return _header(text), body


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise FrameError("a header that is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise FrameError("a header without a type")
    return header
