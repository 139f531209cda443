"""What a program that is talked to has printed lately, for a client that comes back to it (docs/adr/0046)."""

from __future__ import annotations

from collections import deque

from schemas.execution import OutputChunk
from schemas.sizes import json_bytes
from schemas.talk import PRINTED_BYTES

_ENVELOPE_BYTES = 256
"""Of a chunk as JSON, without its text."""


class Printed:
    """The last chunks of one attempt's live output, of both streams: at most PRINTED_BYTES, or the last one alone."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[int, OutputChunk]] = deque()
        self._bytes = 0

    def add(self, chunk: OutputChunk) -> None:
        """Notes one; those that it leaves no room for are forgotten, the oldest first."""
        size = json_bytes(chunk.text) + _ENVELOPE_BYTES
        self._chunks.append((size, chunk))
        self._bytes += size
        while self._bytes > PRINTED_BYTES and len(self._chunks) > 1:
            self._bytes -= self._chunks.popleft()[0]

    def chunks(self) -> list[OutputChunk]:
        """In the order in which they came."""
        return [chunk for _, chunk in self._chunks]
