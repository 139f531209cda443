"""The return of memory to the machine after a burst.

The C library keeps what was freed in the middle of its heap, and has a heap for each few threads: after requests of
some hundred megabytes a process stays large for ever, however little it holds. So it is told to have few heaps and to
keep large blocks out of them, and ``malloc_trim`` gives whole free pages back wherever they lie. Source: mallopt(3) and
malloc_trim(3) of glibc; other C libraries do without.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable
from pathlib import Path

EVERY_S = 5.0
"""Between two looks at the size."""
GROWN_BYTES = 16 << 20
"""Grown by so much since memory was last returned, the process may have something to return."""
LOOKS = 12
"""For how many looks memory is returned after that."""

_M_MMAP_THRESHOLD, _MMAP_THRESHOLD_BYTES = -3, 256 << 10
"""Blocks from this size on are mapped by themselves and go back at once. Set, it no longer grows with what is freed."""
_M_ARENA_MAX, _ARENAS = -8, 2

_STATM = Path("/proc/self/statm")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes() -> int:
    """The resident size of this process. Source: proc_pid_statm(5)."""
    return int(_STATM.read_text(encoding="ascii").split()[1]) * _PAGE_BYTES


class MemoryReturn:
    """Returns memory after the process has grown, and for a minute longer, since what made it grow may still be held:
    in a thread, for it takes milliseconds for each hundred megabytes."""

    def __init__(self) -> None:
        self._trim = _of_libc("malloc_trim")
        mallopt = _of_libc("mallopt")
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, _ARENAS)
            mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD_BYTES)
        self._settled = 0
        self._looks = 0

    async def run(self) -> None:
        """Looks for ever; where the C library has no such call, it only sleeps."""
        while True:
            await asyncio.sleep(EVERY_S)
            if self._trim is not None:
                await self._look(self._trim)

    async def _look(self, trim: Callable[..., int]) -> None:
        if resident_bytes() > self._settled + GROWN_BYTES:
            self._looks = LOOKS
        if self._looks:
            self._looks -= 1
            await asyncio.to_thread(trim, 0)
            self._settled = resident_bytes()


def _of_libc(name: str) -> Callable[..., int] | None:
    try:
        function: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError):
        return None
    return function
