"""Acting as the slot's unprivileged user: its files, and the end of its processes.

Files that a program could have placed are only ever touched under its own uid, so a planted link leads nowhere that the
program could not go itself. Killing works the same way: with the slot's effective uid, ``kill(-1)`` reaches every
process of that user at once, atomically, also under a fork bomb. The real uid is nobody's meanwhile: as root's it would
reach the zygote, and as the slot's it would let the program signal us, whose handlers are not the kernel's to spare
(kill(2) compares with the target's real and saved uid). The saved uid stays 0, which is the way back. See
``docs/adr/0002-the-agent-acts-as-the-program.md``.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

_NOBODY = 65534
_STARTING_S = 0.1


@contextmanager
def files_as(uid: int, gid: int) -> Iterator[None]:
    """Makes the slot's user the effective one. The real uid stays 0, so a program cannot signal the agent meanwhile."""
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def kill_everything(uid: int) -> None:
    """Sends SIGKILL to every process of ``uid``."""
    os.setresuid(_NOBODY, uid, 0)
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.setresuid(0, 0, 0)


def signal_process(uid: int, pid: int, number: int) -> None:
    """Sends a signal to one process of ``uid``, as if that user had. Raises OSError where there is none."""
    os.setresuid(_NOBODY, uid, 0)
    try:
        os.kill(pid, number)
    finally:
        os.setresuid(0, 0, 0)


def signal_session(uid: int, pid: int, number: int) -> None:
    """The same for all processes of the group that ``pid`` leads, as a terminal does. A process that was started just
    now is waited for until it leads one and is that user's, for a tenth of a second at most."""
    deadline = time.monotonic() + _STARTING_S
    while True:
        try:
            signal_process(uid, -pid, number)
        except (PermissionError, ProcessLookupError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.001)
        else:
            return


def scheduling() -> tuple[int, int, frozenset[int]]:
    """The agent's priority, scheduler and processors. A program may change them in the moment in which our effective
    uid is its own (setpriority(2)), and we cannot always change them back: what runs next would not start as the
    first did."""
    return os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), frozenset(os.sched_getaffinity(0))


def processes_of_others(known: set[int]) -> list[int]:
    """Pids in the container but the agent's own and ``known``, the only ones that are allowed between tasks."""
    allowed = {os.getpid(), *known}
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in allowed]


def end_everything(uid: int, known: set[int], timeout_s: float = 2.0) -> list[int]:
    """Kills, reaps and looks again until only ``known`` are left. Returns the pids that are still there (none:
    clean)."""
    deadline = time.monotonic() + timeout_s
    while rest := processes_of_others(known):
        kill_everything(uid)
        reap_orphans(known)
        rest = processes_of_others(known)
        if not rest or time.monotonic() > deadline:
            return rest
        time.sleep(0.001)
    return []


def reap_orphans(known: set[int]) -> None:
    """Reaps dead processes that PID 1 has inherited. Never waits, and leaves ``known`` to those who started them."""
    while True:
        try:
            seen = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if seen is None or seen.si_pid in known:
            return
        os.waitpid(seen.si_pid, os.WNOHANG)
