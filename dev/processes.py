"""Background processes known by their pid files. A pid that was given to somebody else since is not ours."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from dev.console import say

_POLL_S = 0.05


def spawn(
    command: Sequence[str], pid_file: Path, log: Path, env: Mapping[str, str] | None = None, note: str = ""
) -> int:
    """Starts ``command`` in a session of its own, with its output in ``log``, and returns its pid.

    The pid file holds three lines: pid, start time in clock ticks since boot, and ``note``.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("ab") as output, _uninterrupted():
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            start_new_session=True,
        )
        pid_file.write_text(f"{process.pid}\n{_start_time(process.pid)}\n{note}\n", encoding="ascii")
        process.returncode = 0  # it outlives us on purpose: Popen must not warn that nobody waited for it
    return process.pid


def running(pid_file: Path) -> int | None:
    """The pid, if the process that the file was written for still runs."""
    lines = _lines(pid_file)
    if len(lines) < 2:
        return None
    pid = int(lines[0])
    return pid if lines[1] and _start_time(pid) == lines[1] else None


def note(pid_file: Path) -> str:
    """What ``spawn`` was told to remember; empty where there is no such file."""
    lines = _lines(pid_file)
    return lines[2] if len(lines) > 2 else ""


def stop(pid_file: Path, timeout_s: float = 30) -> bool:
    """Ends the process: SIGTERM, after ``timeout_s`` SIGKILL for its group. True if there was something to stop."""
    pid = running(pid_file)
    if pid is None:
        pid_file.unlink(missing_ok=True)
        return False
    with suppress(ProcessLookupError):  # it ended in this very moment
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while running(pid_file) is not None:
        if time.monotonic() > deadline:
            say(f"   {pid_file.stem} (pid {pid}) did not end within {timeout_s:.0f} s: killed")
            os.killpg(pid, signal.SIGKILL)
            deadline = float("inf")
        time.sleep(_POLL_S)
    pid_file.unlink(missing_ok=True)
    return True


def _lines(pid_file: Path) -> list[str]:
    try:
        return pid_file.read_text(encoding="ascii").split("\n")
    except FileNotFoundError:
        return []


def _start_time(pid: int) -> str:
    """In clock ticks since boot; empty if there is no such process or only its exit status is left."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    _reap(pid)
    return "" if fields[0] in "ZX" else fields[19]


def _reap(pid: int) -> None:
    """Takes the exit status of a child of ours, so that it does not stay as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits until the end of the block: a process is never started without its pid file."""
    pressed: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        pressed.append(number)

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
