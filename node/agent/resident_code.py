"""The agent's own code stays in memory: a slot that is full drops pages of files first, and to read one of them again
would have the kernel end somebody for it (``docs/adr/0014-the-agent-outlives-the-oom-killer.md``)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

_ONFAULT = 1
"""``MLOCK_ONFAULT``, mlock2(2): what was never used takes no memory."""
_LIBRARIES = ("/libpython", "/ld-", "/libc.so", "/libc-")


def keep_code_in_memory(maps: str = "/proc/self/maps") -> int:
    """Locks the interpreter's and the C library's pages, as far as the kernel grants it (``RLIMIT_MEMLOCK``, usually
    8 MiB). Returns the locked bytes; 0 where the kernel or the C library cannot."""
    import ctypes  # noqa: PLC0415 - costs memory that slots without Landlock need not spend

    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "mlock2"):
        return 0
    locked = 0
    for start, end in sorted(_code(maps), key=lambda place: place[0] - place[1]):
        if libc.mlock2(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _ONFAULT) == 0:
            locked += end - start
    return locked


def _code(maps: str) -> Iterator[tuple[int, int]]:
    """The places of code and of constants, proc_pid_maps(5)."""
    interpreter = os.path.realpath(sys.executable)
    try:
        with open(maps) as lines:
            for line in lines:
                place, rights, *_, path = line.split(maxsplit=5)
                if "w" not in rights and (path.strip() == interpreter or any(name in path for name in _LIBRARIES)):
                    start, end = place.split("-")
                    yield int(start, 16), int(end, 16)
    except (OSError, ValueError):
        return
