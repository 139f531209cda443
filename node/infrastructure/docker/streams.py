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
    """Takes bytes as they come, yields ``(STDOUT or STDERR, bytes)``."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Raises StreamError for anything that is not a chunk."""
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            stream, size = _HEADER.unpack_from(self._buffer)
            if stream not in (STDOUT, STDERR) or size > _MAX_CHUNK_BYTES:
                raise StreamError(f"a chunk of {size} bytes on stream {stream}")
            end = _HEADER.size + size
            if len(self._buffer) < end:
                return
            chunk = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield stream, chunk
