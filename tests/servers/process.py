"""One server process: started, stopped, killed, paused, restarted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.service import clean_environment

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 15.0
POLL_S = 0.01
_TETHER = Path(__file__).with_name("tether.py")


class ServerProcess:
    """A program that can be started again with the same arguments, ports and files.

    Subclasses say in ``is_ready`` how one asks it; ``log`` gathers its output over all starts.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None

    def is_ready(self) -> bool:
        """Asked again and again after a start; may raise OSError for "not yet"."""
        return True

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *, wait: bool = True) -> None:
        """Start it and (by default) return once it answers. Raises RuntimeError with the end of its log."""
        if self.running:
            return
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start servers from the main thread: they die with the thread that started them")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**clean_environment(), **self.env},
            )
        if wait:
            self.wait_ready()

    def wait_ready(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Return once it answers. Raises RuntimeError with the end of its log."""
        deadline = time.monotonic() + timeout_s
        while not self._answers():
            if not self.running:
                raise RuntimeError(f"{self.name} ended at its start:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not answer within {timeout_s} s:\n{self.tail()}")
            time.sleep(POLL_S)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> int | None:
        """SIGTERM, then SIGKILL where that does not end it in time. The exit code; None if it was never started."""
        if self._process is None:
            return None
        if self.running:
            self.resume()
            self._process.terminate()
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int | None:
        """SIGKILL."""
        if self._process is None:
            return None
        self._process.kill()
        return self._process.wait()

    def wait_exit(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """The exit code, once it ends by itself. Raises subprocess.TimeoutExpired."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process.wait(timeout_s)

    def restart(self, *, wait: bool = True) -> None:
        """Stop and start; the same ports and files."""
        self.stop()
        self.start(wait=wait)

    def pause(self) -> None:
        """SIGSTOP: it holds its connections and answers nothing. Returns once every thread of it stands still."""
        os.kill(self.pid, signal.SIGSTOP)
        while any(_state(task) not in "TtZ" for task in Path(f"/proc/{self.pid}/task").iterdir()):
            time.sleep(POLL_S)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def tail(self, lines: int = 40) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _answers(self) -> bool:
        try:
            return self.is_ready()
        except OSError:
            return False


def _state(task: Path) -> str:
    """The kernel's letter for a thread's state; ``Z`` if it is gone."""
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"
