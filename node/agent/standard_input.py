"""A program's standard input, as the agent writes it: what it was given, and whether more may come."""

from __future__ import annotations

import os
from collections import deque

_WRITE_BYTES = 65536


class StandardInput:
    """The agent's end of one program's standard input. It is closed once everything is written and no more may come."""

    def __init__(self, fd: int, first: memoryview, *, lasts: bool = False, end: bytes = b"") -> None:
        """``lasts``: more may come, until ``finish``; ``end``: what is written then, where closing says nothing (a
        terminal)."""
        self.fd = fd
        self.is_open = True
        self._parts = deque([first] if first else [])
        self._lasts = lasts
        self._end = end
        self._ends_a_line = True
        """What it was given so far; so does nothing."""

    @property
    def wants_to_write(self) -> bool:
        """Whether it is to be asked again once the program has read something."""
        return self.is_open and bool(self._parts)

    def add(self, data: bytes | bytearray) -> None:
        """Gives the program more; nothing where its input has ended."""
        if self.is_open and self._lasts and data:
            self._ends_a_line = data[-1:] in (b"\n", b"\r")
            self._parts.append(memoryview(data))

    def finish(self) -> None:
        """Nothing more comes."""
        if self.is_open and self._lasts:
            self._lasts = False
            if self._end:  # the first one only passes on a line that was begun
                self._parts.append(memoryview(self._end if self._ends_a_line else 2 * self._end))

    def feed(self) -> None:
        """Writes what fits now; closes the program's input after the last byte."""
        try:
            while self._parts:
                part = self._parts[0]
                written = os.write(self.fd, part[:_WRITE_BYTES])
                if written == len(part):
                    self._parts.popleft()
                else:
                    self._parts[0] = part[written:]
        except BlockingIOError:
            return
        except OSError:  # nobody reads there any more
            self._parts.clear()
            self._lasts = False
        if not self._lasts:
            self.close()

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            os.close(self.fd)
