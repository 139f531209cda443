"""The kernel's list of file locks (``/proc/locks``, proc_locks(5)), as far as it can be seen from the slot."""

from __future__ import annotations

import os

_PATH = "/proc/locks"
_READ_BYTES = 1 << 16
_AT_OWNER = 4
"""``1: POSIX  ADVISORY  WRITE 17 00:3a:5 0 EOF``, with an arrow before POSIX where it waits. 0 and less are others'."""


class LockList:
    """The list; where it is ``kept`` open, to read it takes none of the slot's memory, which may be all in use."""

    def __init__(self, path: str = _PATH, *, kept: bool = False) -> None:
        self._path = path
        self._descriptor = _opened(path) if kept else None
        self._buffer = bytearray(_READ_BYTES)

    def has_more_than(self, count: int) -> bool:
        """Whether processes of the slot hold or wait for more locks. False where there is no list."""
        descriptor = _opened(self._path) if self._descriptor is None else self._descriptor
        if descriptor is None:
            return False  # gVisor has none; its locks are the slot's memory
        try:
            return self._counted(descriptor, count) > count
        except OSError:
            return False
        finally:
            if self._descriptor is None:
                os.close(descriptor)

    def _counted(self, descriptor: int, enough: int) -> int:
        held, at, rest = 0, 0, b""
        while held <= enough and (size := os.preadv(descriptor, [self._buffer], at)):
            at += size
            *lines, rest = (rest + memoryview(self._buffer)[:size]).split(b"\n")
            held += sum(map(_is_owned, lines))
        return held


def _opened(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _is_owned(line: bytes) -> bool:
    words = [word for word in line.split() if word != b"->"]
    return len(words) > _AT_OWNER and words[_AT_OWNER].isdigit() and int(words[_AT_OWNER]) > 0
