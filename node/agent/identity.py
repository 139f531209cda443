"""Acting as the slot's unprivileged user.

Files that a program could have placed are only ever touched under its own uid, so a planted link leads nowhere that the
program could not go itself. Killing works the same way: with real and effective uid set to the slot's, ``kill(-1)``
reaches every process of that user at once, atomically, also under a fork bomb, and nobody else (kill(2); PID 1 itself
is spared by the kernel). The saved uid stays 0, which is the way back.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def files_as(uid: int, gid: int) -> Iterator[None]:
    """Effective ids only: the program cannot signal us meanwhile, since our real uid stays 0."""
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def kill_everything(uid: int) -> None:
    """SIGKILL to every process of ``uid``."""
    os.setresuid(uid, uid, 0)
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.setresuid(0, 0, 0)


def processes_of_others(known: set[int]) -> list[int]:
    """Every process in the container but us and ``known``; ours and theirs are the only ones allowed between tasks."""
    mine = os.getpid()
    return [
        int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != mine and int(name) not in known
    ]


def end_everything(uid: int, known: set[int], patience_s: float = 2.0) -> list[int]:
    """Kill, reap and look again until only ``known`` are left. Returns those that would not go (empty: clean)."""
    deadline = time.monotonic() + patience_s
    while rest := processes_of_others(known):
        kill_everything(uid)
        reap_orphans(known)
        rest = processes_of_others(known)
        if not rest or time.monotonic() > deadline:
            return rest
        time.sleep(0.001)
    return []


def reap_orphans(known: set[int]) -> None:
    """Collect dead processes that fell to us as PID 1. Never waits, and leaves ``known`` to their owners."""
    while True:
        try:
            seen = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if seen is None or seen.si_pid in known:
            return
        os.waitpid(seen.si_pid, os.WNOHANG)
