"""An output stream of a program, as the agent reads it."""

from __future__ import annotations

import os

_READ_BYTES = 65536


class Capture:
    """One output stream of a program: read as it comes, cut at its limit."""

    def __init__(self, name: str, fd: int, limit: int) -> None:
        self.name, self.fd = name, fd
        self.truncated = False
        self.open = True
        self._room = limit

    def read_all(self) -> bytes:
        """The bytes that are there now; ``open`` turns False at the end."""
        try:
            data = os.read(self.fd, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:  # a terminal that nobody has open any more
            data = b""
        self.open = bool(data)
        return data

    def read(self) -> bytes:
        """The bytes that are there now, cut at the limit."""
        data = self.read_all()
        kept = data[: self._room]
        self._room -= len(kept)
        self.truncated = self.truncated or len(kept) < len(data)
        return kept
