"""A Python that forks ready children: its own program, started as ``python3 zygote.py UID GID`` with a socket as fd 3.

The agent sends a work directory and five descriptors (stdin, stdout, stderr, control, ready); the answer is
``P pid 0``, and ``X pid status`` when that child has ended. The child drops to the slot's user at once, says that it is
ready, and blocks until its program comes. What it then runs sees what plain ``python3 FILE`` shows it: ``__main__``,
``sys.argv``, ``sys.path[0]``, tracebacks that start in its own file, exit codes, atexit, threads.

The zygote never sees anything of a task, so neither do its children.
"""

from __future__ import annotations

import ctypes
import gc
import io
import os
import resource
import select
import signal
import struct
import sys
from _socket import SCM_RIGHTS, SOL_SOCKET, socket

become_main = __import__("program").become_main  # we are a script, not a module of a package
del sys.modules["program"]

_LINK_FD = 3
_CONTROL_FD = 3
_READY_FD = 4
_PR_SET_DUMPABLE = 4
_INT_BYTES = 4
_FDS = 5


def serve(uid: int, gid: int) -> tuple[list[str], str]:
    link = socket(fileno=_LINK_FD)
    wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, _nothing)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    poll = select.poll()
    poll.register(link.fileno(), select.POLLIN)
    poll.register(wake_read, select.POLLIN)
    gc.disable()
    gc.freeze()
    libc = ctypes.CDLL(None)
    while True:
        ready = {fd for fd, _ in poll.poll()}
        if wake_read in ready:
            _tell_ended(link, wake_read)
        if link.fileno() in ready:
            order = _order(link)
            if order is None:
                os._exit(0)
            directory, fds = order
            pid = os.fork()
            if pid == 0:
                return _wait_for_program(libc, directory, fds, uid, gid)
            for fd in fds:
                os.close(fd)
            link.send(b"P" + struct.pack("!ii", pid, 0))


def _nothing(number: int, frame: object) -> None:
    """SIGCHLD only has to wake the poll."""


def _tell_ended(link: socket, wake_read: int) -> None:
    os.read(wake_read, 64)
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        link.send(b"X" + struct.pack("!ii", pid, status))


def _order(link: socket) -> tuple[str, list[int]] | None:
    data, ancillary, _, _ = link.recvmsg(4096, 1024)
    fds: list[int] = []
    for level, kind, content in ancillary:
        if level == SOL_SOCKET and kind == SCM_RIGHTS:
            fds = list(struct.unpack(f"{_FDS}i", content[: _FDS * _INT_BYTES]))
    return (data.decode(), fds) if fds else None


def _wait_for_program(libc: ctypes.CDLL, directory: str, fds: list[int], uid: int, gid: int) -> tuple[list[str], str]:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    high = [os.dup(fd) if fd < _FDS else fd for fd in fds]
    for number, fd in enumerate(high):
        os.dup2(fd, number)
    os.closerange(_FDS, os.sysconf("SC_OPEN_MAX"))
    os.setsid()
    _first_for_the_oom_killer()
    os.umask(0o022)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # setuid cleared it; without it /proc/self and /dev/stdin are closed to us
    os.chdir(directory)
    _rehearse()
    os.write(_READY_FD, b"1")
    os.close(_READY_FD)
    command, env, limits = _program()
    os.close(_CONTROL_FD)
    _set_limits(limits)
    os.environ.update(env)
    return command, directory


_REHEARSAL = """
import sys
def f(items):
    for number, item in enumerate(items):
        yield f"{number} {item!r:>3}"
class C:
    def __init__(self):
        self.x = {n: str(n) for n in range(3)}
print(*f([C().x, 1.5, "a"]), sep=",", end="", file=None if sys.argv else sys.stderr)
"""


def _rehearse() -> None:
    """Runs through compiler and interpreter once, so that the pages a program needs are mapped before it comes."""
    stdout, sys.stdout = sys.stdout, io.StringIO()
    try:
        exec(compile(_REHEARSAL, "rehearsal", "exec", dont_inherit=True), {"__name__": "rehearsal"})  # noqa: S102
    finally:
        sys.stdout = stdout
    sys.stderr.flush()
    gc.collect()


def _first_for_the_oom_killer() -> None:
    try:
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    except OSError:
        return
    os.write(score, b"1000")
    os.close(score)


def _program() -> tuple[list[str], dict[str, str], tuple[int, int, int]]:
    data = b""
    while chunk := os.read(_CONTROL_FD, 65536):
        data += chunk
    if not data:
        os._exit(0)
    command, at = _strings(data, 0)
    pairs, at = _strings(data, at)
    env = dict(pair.split("=", 1) for pair in pairs)
    processes, file_bytes, open_files = struct.unpack_from("!QQQ", data, at)
    return command, env, (processes, file_bytes, open_files)


def _strings(data: bytes, at: int) -> tuple[list[str], int]:
    (count,) = struct.unpack_from("!I", data, at)
    at += 4
    items = []
    for _ in range(count):
        (size,) = struct.unpack_from("!I", data, at)
        items.append(data[at + 4 : at + 4 + size].decode())
        at += 4 + size
    return items, at


def _set_limits(limits: tuple[int, int, int]) -> None:
    processes, file_bytes, open_files = limits
    for which, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, max(open_files, 16)),
    ):
        hard = resource.getrlimit(which)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(which, (most, most))
        except ValueError:
            if which != resource.RLIMIT_MSGQUEUE:  # gVisor has no such limit; ``forbid`` refuses queues there
                raise


if __name__ == "__main__":
    _uid, _gid = int(sys.argv[1]), int(sys.argv[2])
    become_main(*serve(_uid, _gid))
