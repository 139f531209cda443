"""The end of a warm program, told before the kernel has taken its memory apart: milliseconds for a large interpreter.

The process that waited keeps the pipe on which it was ready, and writes ``E`` and its exit code to it as the very last
thing it does. Whatever else wrote that, it is the program's own doing: it is ended like one that has called exit.
"""

from __future__ import annotations

import os

_SIZE = 2
_MARK = b"E"


class LastWords:
    """Takes over the reading end ``fd``. Nothing but two bytes is believed, and only once."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        os.set_blocking(fd, False)

    @property
    def open(self) -> bool:
        return self.fd >= 0

    def read(self) -> int | None:
        """The exit code; None where that was not what came. Closes the pipe."""
        try:
            words = os.read(self.fd, _SIZE + 1)
        except BlockingIOError:
            return None
        self.close()
        return words[1] if len(words) == _SIZE and words[:1] == _MARK else None

    def close(self) -> None:
        if self.open:
            os.close(self.fd)
            self.fd = -1
