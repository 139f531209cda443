"""The start of a program as the slot's user, with its limits, and nothing of the agent's in it."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import termios
from contextlib import suppress
from dataclasses import dataclass

from .config import RlimitSet
from .identity import files_as
from .landlock import restrict_caller

NOT_FOUND_EXIT_CODE = 127
"""As a shell says that a command cannot be started."""

_OOM_SCORE_FIRST_TO_GO = b"1000"
MIN_OPEN_FILES = 16
"""Whatever a run asks for: with fewer it would not start."""


@dataclass(frozen=True)
class Pipes:
    """The pipes of a program's standard streams: its own ends, and the agent's. All are close-on-exec; the program's
    ends become its 0, 1, 2. They belong to the effective user who makes them: only its owner can open such a pipe anew,
    as ``/dev/stdin`` or ``/proc/self/fd/1``."""

    stdin: int
    stdout: int
    stderr: int
    our_stdin: int
    our_stdout: int
    our_stderr: int

    @classmethod
    def make(cls, *, joined: bool = False) -> Pipes:
        """``joined``: one stream for both outputs; ``our_stderr`` is -1 then."""
        stdin, our_stdin = os.pipe2(os.O_CLOEXEC)
        our_stdout, stdout = os.pipe2(os.O_CLOEXEC)
        our_stderr, stderr = os.pipe2(os.O_CLOEXEC) if not joined else (-1, copy_of(stdout))
        for fd in (our_stdin, our_stdout, our_stderr):
            if fd >= 0:
                os.set_blocking(fd, False)
        return cls(stdin, stdout, stderr, our_stdin, our_stdout, our_stderr)

    def close_theirs(self) -> None:
        for fd in (self.stdin, self.stdout, self.stderr):
            os.close(fd)

    def close_ours(self) -> None:
        for fd in (self.our_stdin, self.our_stdout, self.our_stderr):
            if fd >= 0:
                os.close(fd)


def copy_of(fd: int) -> int:
    """Another descriptor of the same open file; it is close-on-exec."""
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 0)


def spawn(
    command: list[str],
    env: dict[str, str],
    directory: str,
    user: tuple[int, int],
    limits: RlimitSet,
    fds: list[int],
    *,
    on_terminal: bool = False,
) -> int:
    """Forks and executes ``command``; ``fds[i]`` becomes its descriptor ``i`` and no other stays open. Returns its pid.
    ``on_terminal``: its standard input becomes its controlling terminal.

    A command that cannot be started says so on its own stderr and exits with 127. Raises OSError if fork fails.
    """
    pid = os.fork()
    if pid:
        return pid
    try:
        become(directory, user, limits, fds)
        if on_terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        os.execvpe(command[0], command, env)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(NOT_FOUND_EXIT_CODE)


def become(directory: str, user: tuple[int, int], limits: RlimitSet | None, fds: list[int]) -> None:
    """Makes a fresh child the slot's user's: descriptors, session, limits, and last the user, from which there is no
    way back."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # before it has a group, which may be sent some
    first_for_the_oom_killer("self", user)
    restrict_caller()
    take_descriptors(fds)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(0o022)
    if limits is not None:
        set_limits(limits)
    uid, gid = user
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    os.chdir(directory)


def take_descriptors(fds: list[int]) -> None:
    """Makes ``fds[i]`` descriptor ``i``, and closes all others."""
    # Moved out of the way first: a source may be a number that is a target too.
    high = [_above(fd, len(fds)) for fd in fds]
    for number, fd in enumerate(high):
        os.dup2(fd, number)
    os.closerange(len(fds), os.sysconf("SC_OPEN_MAX"))


def _above(fd: int, floor: int) -> int:
    moved = fd
    spare = []
    while moved < floor:
        spare.append(moved)
        moved = os.dup(moved)
    return moved


def first_for_the_oom_killer(process: int | str, user: tuple[int, int]) -> None:
    """Has the kernel end a process of the slot's before the agent where the slot is out of memory. It may become the
    user's meanwhile: then its file does, too."""
    if not _raise_oom_score(process):
        with files_as(*user):
            _raise_oom_score(process)


def _raise_oom_score(process: int | str) -> bool:
    """False where the file is not the caller's."""
    try:
        score = os.open(f"/proc/{process}/oom_score_adj", os.O_WRONLY)
    except PermissionError:
        return False
    except OSError:
        return True  # gVisor has none; or the process has ended
    with suppress(ProcessLookupError):
        os.write(score, _OOM_SCORE_FIRST_TO_GO)
    os.close(score)
    return True


def set_limits(limits: RlimitSet) -> None:
    """Sets soft and hard limits alike. One above the inherited hard limit stays at the inherited one."""
    _cap(resource.RLIMIT_CORE, 0)
    _cap(resource.RLIMIT_MSGQUEUE, 0)
    _cap(resource.RLIMIT_NPROC, limits.processes)
    _cap(resource.RLIMIT_FSIZE, limits.file_bytes)
    _cap(resource.RLIMIT_NOFILE, max(limits.open_files, MIN_OPEN_FILES))


def _cap(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except ValueError:
        if which != resource.RLIMIT_MSGQUEUE:  # gVisor has no such limit; ``forbid`` refuses queues there
            raise
