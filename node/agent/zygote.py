"""A Python that forks ready children: its own program, started as ``python3 zygote.py UID GID`` with a socket as fd 3.

The agent sends a work directory and five descriptors (stdin, stdout, stderr, control, ready); the answer is
``P pid 0``, and ``X pid status`` when that child has ended. The child drops to the slot's user at once, says that it is
ready, and blocks until its program comes. What it then runs sees what plain ``python3 FILE`` shows it: ``__main__``,
``sys.argv``, ``sys.path[0]``, tracebacks that start in its own file, exit codes, atexit, threads.

The zygote never sees anything of a task, so neither do its children.
"""

from __future__ import annotations

import atexit
import builtins
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
from importlib.machinery import SourceFileLoader
from types import ModuleType

_LINK_FD = 3
_CONTROL_FD = 3
_READY_FD = 4
_PR_SET_DUMPABLE = 4
_INT_BYTES = 4
_FDS = 5
_SIGINT_CODE = 130
_FLUSH_FAILED_CODE = 120


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
    _flush()
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
        resource.setrlimit(which, (most, most))


def run(command: list[str], directory: str) -> None:
    """Becomes ``python3 FILE ARGS``, and ends as the interpreter would. Never returns."""
    script, *arguments = command[1:]
    path = os.path.join(directory, script)
    sys.argv = [script, *arguments]
    sys.orig_argv = list(command)
    sys.path[0] = os.path.dirname(path)
    ours = set(sys.modules) - {"__main__"}
    gc.enable()
    code = _exit_code(path)
    _wind_up(ours, code)


def _exit_code(path: str) -> int:
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        sys.stderr.write(f"{sys.executable}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}\n")
        return 2
    main = _fresh_main(path)
    try:
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - running it is the point
    except SystemExit as leaving:
        return _code_of(leaving)
    except BaseException as error:  # noqa: BLE001 - whatever nobody caught is reported, as the interpreter does
        _report(error)
        return _SIGINT_CODE if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _code_of(leaving: SystemExit) -> int:
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code & 0xFF
    sys.stderr.write(f"{leaving.code}\n")
    return 1


def _wind_up(ours: set[str], code: int) -> None:
    """What Py_FinalizeEx does, in its order, without tearing down the interpreter that the zygote lent us (6 ms of
    copied pages): threads, atexit, the program's own modules and so their objects' ``__del__``, the streams."""
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    atexit._run_exitfuncs()
    _flush()
    for name in [name for name in sys.modules if name not in ours]:
        _clear(sys.modules[name])
    gc.collect()
    if not _flush():
        code = code or _FLUSH_FAILED_CODE
    if code == _SIGINT_CODE:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code)


def _clear(module: object) -> None:
    """As _PyModule_Clear: names with one underscore first, then all but ``__builtins__``, are set to None."""
    names = getattr(module, "__dict__", None)
    if not isinstance(names, dict):
        return
    for name in [name for name in names if name.startswith("_") and not name.startswith("__")]:
        names[name] = None
    for name in [name for name in names if name != "__builtins__"]:
        names[name] = None


def _flush() -> bool:
    whole = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            whole = stream is not sys.stdout and whole
    return whole


def _fresh_main(path: str) -> ModuleType:
    main = ModuleType("__main__")
    main.__loader__ = SourceFileLoader("__main__", path)
    main.__dict__.update(__file__=path, __cached__=None, __builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = main
    return main


def _report(error: BaseException) -> None:
    """As the interpreter reports what nobody caught, without the frame of ours that called the program."""
    trace = error.__traceback__
    trace = trace.tb_next if trace is not None else None
    error.__traceback__ = trace
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
    sys.excepthook(type(error), error, trace)


if __name__ == "__main__":
    _uid, _gid = int(sys.argv[1]), int(sys.argv[2])
    run(*serve(_uid, _gid))
