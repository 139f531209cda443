"""The encoding of frames between node and agent: ``header length | body length | header (JSON) | body``, lengths u32
big endian."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any, TypeVar

from .file_content import Part

LENGTHS = struct.Struct("!II")
MAX_HEADER_BYTES = 1 << 20
MAX_BODY_BYTES = 512 << 20
PartT = TypeVar("PartT", bound=Part)
READY_MARK = b"CRDY"
"""Followed by the hello's nonce (32 hexadecimal characters) and the ready frame."""


class FrameError(Exception):
    """The peer does not speak this protocol."""


def encode(header: dict[str, Any], *body: PartT) -> list[bytes | PartT]:
    """One frame in the pieces to send, so that a large body is not copied for it."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return [LENGTHS.pack(len(text), sum(map(len, body))) + text, *(part for part in body if part)]


def encode_list(items: list[bytes]) -> bytes:
    """A list of byte strings as a waiting process reads it: count, then length and bytes of each, u32 big endian."""
    return struct.pack("!I", len(items)) + b"".join(struct.pack("!I", len(item)) + item for item in items)


class Decoder:
    """Decodes frames from bytes as they come. Raises FrameError for anything that is not a frame."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._header: dict[str, Any] | None = None
        self._body = bytearray()
        self._filled = 0

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, Any], bytearray]]:
        """Yields ``(header, body)`` of each frame that is now complete; the body's bytes have been copied once."""
        rest = memoryview(data)
        while True:
            if self._header is None:
                rest = self._take_header(rest)
            if self._header is None:
                return
            rest = self._take_body(rest)
            if self._filled < len(self._body):
                return
            header, self._header = self._header, None
            yield header, self._body

    def _take_header(self, data: memoryview) -> memoryview:
        """Returns what follows the header. Once the header is complete, there is a buffer for the body."""
        data = self._collect(data, LENGTHS.size)
        if len(self._head) < LENGTHS.size:
            return data
        header_size, body_size = LENGTHS.unpack_from(self._head)
        if header_size > MAX_HEADER_BYTES or body_size > MAX_BODY_BYTES:
            raise FrameError(f"a frame of {header_size} + {body_size} bytes")
        end = LENGTHS.size + header_size
        data = self._collect(data, end)
        if len(self._head) == end:
            self._header = _header(bytes(self._head[LENGTHS.size :]))
            self._body, self._filled = bytearray(body_size), 0
            self._head.clear()
        return data

    def _collect(self, data: memoryview, size: int) -> memoryview:
        missing = max(0, size - len(self._head))
        self._head += data[:missing]
        return data[missing:]

    def _take_body(self, data: memoryview) -> memoryview:
        taken = data[: len(self._body) - self._filled]
        self._body[self._filled : self._filled + len(taken)] = taken
        self._filled += len(taken)
        return data[len(taken) :]


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise FrameError("a header that is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise FrameError("a header without a type")
    return header
