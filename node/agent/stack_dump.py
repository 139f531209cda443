"""The stack dump of a program at its time limit: a signal asks its runtime for it, and for a moment its output is taken
for the answer (``docs/adr/0019-where-it-was.md``)."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from itertools import islice
from typing import Any

from .identity import signal_process

_GRACE_S = 0.2
"""From the signal to the end at the latest. A JVM with 50 threads takes 10 ms on a free core."""
_QUIET_S = 0.04
"""After so long a silence the dump is taken to be complete, where the process does not end with it."""
_MIN_CHECK_INTERVAL_S = 0.002
MAX_BYTES = 32 << 10
"""Of a dump that are kept: the first ones, where the thread that runs is."""
_MAX_THREADS = 512
"""That are looked at: a program may have as many as it was granted."""


class StackDump:
    """What a program writes after it was asked for its stack: from ``begin`` on, on one stream; all else is thrown
    away."""

    def __init__(self, request: dict[str, Any]) -> None:
        """``request``: ``signal``, ``stream`` and ``begin`` of the run frame."""
        self._signal = int(request["signal"])
        self._stream = str(request["stream"])
        self._begin = str(request["begin"]).encode()
        self._read = bytearray()
        self._found = False
        self._deadline = float("inf")
        self._quiet_at = float("inf")

    def ask(self, uid: int, pid: int) -> None:
        """Sends the signal to the busiest thread of ``pid``: it is the one that a reader wants to know of, and some
        runtimes tell the stack of no other that runs."""
        self._deadline = time.monotonic() + _GRACE_S
        with suppress(OSError):
            signal_process(uid, busiest_thread(pid), self._signal)

    def take(self, stream: str, data: bytes) -> None:
        """Takes what the program has written to ``stream``."""
        if stream != self._stream:
            return
        self._read += data
        if not self._found:
            at = self._read.find(self._begin)
            self._found = at >= 0
            del self._read[: at if self._found else max(0, len(self._read) - len(self._begin) + 1)]
        del self._read[MAX_BYTES:]
        if self._found:
            self._quiet_at = time.monotonic() + _QUIET_S

    def next_check_s(self) -> float:
        """Seconds until it may be over."""
        return max(_MIN_CHECK_INTERVAL_S, min(self._deadline, self._quiet_at) - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether nothing more is waited for."""
        return len(self._read) >= MAX_BYTES or time.monotonic() >= min(self._deadline, self._quiet_at)

    @property
    def text(self) -> bytes:
        """The dump; empty where none came."""
        return bytes(self._read) if self._found else b""


def busiest_thread(pid: int) -> int:
    """The thread of the process that runs now; of several, and where none does, the one that has used most processor
    time. kill(2) prefers the thread whose number it is given. ``pid`` itself where there is none to be seen."""
    try:
        with os.scandir(f"/proc/{pid}/task") as threads:
            numbers = [int(entry.name) for entry in islice(threads, _MAX_THREADS)]
    except OSError:
        return pid
    return max(numbers, key=lambda number: (*_activity(pid, number), number == pid), default=pid)


def _activity(pid: int, thread: int) -> tuple[bool, int]:
    """Whether a thread runs, and its processor time; proc(5): ``state``, ``utime`` and ``stime`` are the fields 3, 14
    and 15. The second field may hold anything."""
    try:
        with open(f"/proc/{pid}/task/{thread}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        return fields[0] == b"R", int(fields[11]) + int(fields[12])
    except (OSError, IndexError, ValueError):
        return False, -1
