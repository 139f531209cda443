"""What a file holds, as a part of a frame: read piece by piece as it is sent. A slot that is full of files has no
memory for a copy of one, and what the agent takes would be told as the program's."""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO
from typing import Union

_PIECE_BYTES = 1 << 16


class FileContent:
    """The first ``size`` bytes of an open file. Whoever still writes to it changes what is sent: what is no longer
    there when it is read, is sent as zeros."""

    def __init__(self, file: FileIO, size: int) -> None:
        self._file = file
        self._size = size

    def __len__(self) -> int:
        return self._size

    @property
    def is_closed(self) -> bool:
        """True once it was read."""
        return self._file.closed

    def pieces(self) -> Iterator[bytes]:
        """All of it, once; the file is closed then."""
        left = self._size
        while left:
            piece = self._read(min(left, _PIECE_BYTES))
            left -= len(piece)
            yield piece
        self._file.close()

    def _read(self, size: int) -> bytes:
        try:
            return self._file.read(size) or bytes(size)
        except OSError:
            return bytes(size)


Part = Union[bytes, FileContent]
"""Of a frame."""
