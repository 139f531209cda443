"""Whether a program waits for its standard input, as the kernel tells it: /proc/PID/task/TID/syscall, proc(5), names
the call in which a thread sleeps, with its arguments.

A thread that sleeps in a read of the input waits for it. So does a program whose threads all sleep while one of them
waits without a time limit for whichever of its descriptors has news (poll, select, epoll), the input being among what
it has open: that is how event loops read. Who may look is who could trace it, so we look as its own user. Where there
is no such file (gVisor), nobody is ever said to wait.
"""

from __future__ import annotations

import os

from .identity import files_as, processes_of_others

_MAX_THREADS = 64
"""Of a program with more it is not looked who waits."""
_INFINITE = (0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF)
"""-1, as a time limit in milliseconds."""
_READS = {"x86_64": (0, 19), "aarch64": (63, 65)}
"""read, readv: the first argument is the descriptor."""
_WAITS = {
    "x86_64": {
        7: (2, _INFINITE),
        271: (2, (0,)),
        23: (4, (0,)),
        270: (4, (0,)),
        232: (3, _INFINITE),
        281: (3, _INFINITE),
    },
    "aarch64": {73: (2, (0,)), 72: (4, (0,)), 22: (3, _INFINITE)},
}
"""poll, ppoll, select, pselect6, epoll_wait, epoll_pwait: which argument is the time limit, and what says that there is
none."""

FileId = tuple[int, int]
"""Device and inode number."""


def file_id(fd: int) -> FileId:
    """Of an open file: both ends of a pipe have the same."""
    found = os.fstat(fd)
    return found.st_dev, found.st_ino


def waits_for(stdin: FileId, user: tuple[int, int], known: set[int]) -> bool:
    """Whether what runs in the slot beside ``known`` waits for that file. Bounded: false for very many threads."""
    machine = os.uname().machine
    reads, waits = _READS.get(machine, ()), _WAITS.get(machine, {})
    might = False
    left = _MAX_THREADS
    try:
        with files_as(*user):
            for pid in processes_of_others(known):
                for thread in os.listdir(f"/proc/{pid}/task"):
                    left -= 1
                    call = _call_of(pid, thread)
                    if left < 0 or call is None:
                        return False
                    if call and call[0] in reads and _is(pid, call[1], stdin):
                        might = True
                    elif call and call[0] in waits:
                        place, none = waits[call[0]]
                        might = might or (call[1 + place] in none and _is(pid, 0, stdin))
    except (OSError, ValueError, IndexError):
        return False  # it ended meanwhile, or may not be looked at
    return might


def _call_of(pid: int, thread: str) -> list[int] | None:
    """Number and arguments of the system call in which a thread sleeps; empty: it sleeps in none; None: it runs."""
    with open(f"/proc/{pid}/task/{thread}/syscall", encoding="ascii") as file:
        words = file.read(256).split()
    if not words or words[0] == "running":
        return None
    return [] if words[0] == "-1" else [int(words[0]), *(int(word, 16) for word in words[1:7])]


def _is(pid: int, fd: int, stdin: FileId) -> bool:
    try:
        found = os.stat(f"/proc/{pid}/fd/{fd}")
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == stdin
