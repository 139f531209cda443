"""The engine's own framing of an attached container: ``stream (u8) 0 0 0 | length (u32, big endian) | bytes``."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

_HEADER = Struct("!BxxxI")
STDOUT = 1
STDERR = 2
_MAX_CHUNK_BYTES = 16 << 20
"""The engine's own copy buffer is 32 KiB; more than this is not the engine."""


class StreamError(Exception):
    """Not the engine's framing."""


class Demultiplexer:
    """Takes bytes as they come, yields ``(STDOUT or STDERR, bytes)``. A chunk may come out in pieces."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._stream = STDOUT
        self._left = 0
        """Bytes of the chunk under way that are still to come."""

    def feed(self, data: bytes) -> Iterator[tuple[int, memoryview]]:
        """What it yields is part of ``data``, not a copy. Raises StreamError for anything that is not a chunk."""
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
