"""The engine's framing of an attached container's output: ``stream (u8) 0 0 0 | length (u32, big endian) | bytes``."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

_HEADER = Struct("!BxxxI")
STDOUT = 1
STDERR = 2
_MAX_CHUNK_BYTES = 16 << 20
"""The engine's copy buffer is 32 KiB: a larger chunk than this does not come from an engine."""


class StreamError(Exception):
    """The bytes are not in the engine's framing."""


class Demultiplexer:
    """Takes apart the standard output and standard error of an attached container."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._stream = STDOUT
        self._left = 0
        """The bytes of the current chunk that are still to come."""

    def feed(self, data: bytes) -> Iterator[tuple[int, memoryview]]:
        """Takes the next bytes and yields pairs of ``STDOUT`` or ``STDERR`` and bytes, which are a part of ``data`` and
        not a copy. A chunk may come out in pieces. Raises StreamError for anything that is not a chunk."""
        rest = memoryview(data)
        while rest:
            if self._left:
                piece, rest = rest[: self._left], rest[self._left :]
                self._left -= len(piece)
                yield self._stream, piece
            else:
                rest = self._take_header(rest)

    def _take_header(self, data: memoryview) -> memoryview:
        missing = _HEADER.size - len(self._header)
        self._header += data[:missing]
        if len(self._header) == _HEADER.size:
            self._stream, self._left = _HEADER.unpack(self._header)
            self._header.clear()
            if self._stream not in (STDOUT, STDERR) or self._left > _MAX_CHUNK_BYTES:
                raise StreamError(f"a chunk of {self._left} bytes on stream {self._stream}")
        return data[missing:]
