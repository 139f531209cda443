"""One background service of the demo: re-used while it is current, restarted when it is not."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dev import ports, processes
from dev.console import SetupError, say
from dev.paths import LOGS, REPOSITORY, RUN

START_TIMEOUT_S = 900.0
"""Also enough under emulation, beside other work; a service that ends is told at once."""
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Service:
    """A background process of the demo with its ports, its log, and what it is made of."""

    name: str
    command: tuple[str, ...]
    ports: tuple[int, ...]
    """Loopback ports it listens on."""
    ready: tuple[int, str]
    """Port and path that answer 200 once it works."""
    made_of: tuple[Path, ...] = ()
    """Files and folders whose change makes a running one out of date."""
    env: Mapping[str, str] = field(default_factory=dict)
    also: str = ""
    """Anything else whose change makes it out of date."""

    @property
    def pid_file(self) -> Path:
        """Where its pid and version are kept while it runs."""
        return RUN / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return LOGS / f"{self.name}.log"

    def bring_up(self) -> None:
        """Starts it, or restarts it where what it is made of has changed. Raises SetupError where a port is taken."""
        version = self._version()
        if processes.running(self.pid_file) is not None:
            if processes.note(self.pid_file) == version:
                return
            say(f"   {self.name}: changed, restarting")
            processes.stop(self.pid_file)
        for port in self.ports:
            ports.require_free(port, self.name)
        processes.spawn(self.command, self.pid_file, self.log, {**clean_environment(), **self.env}, note=version)

    def wait_ready(self) -> None:
        """Returns once the service answers. Raises SetupError with the end of its log."""
        started = time.monotonic()
        while not self.answers():
            if processes.running(self.pid_file) is None:
                raise SetupError(f"{self.name} ended at its start; the end of {self._shown_log()}:\n{self._tail()}")
            if time.monotonic() - started > START_TIMEOUT_S:
                raise SetupError(
                    f"{self.name} is not ready after {START_TIMEOUT_S:.0f} s; {self._shown_log()}:\n{self._tail()}"
                )
            time.sleep(_POLL_S)
        pid = processes.running(self.pid_file)
        say(f"   {self.name:8} ready after {time.monotonic() - started:4.1f} s (pid {pid}, log {self._shown_log()})")

    def answers(self) -> bool:
        """True if the service says that it works."""
        port, path = self.ready
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _version(self) -> str:
        digest = hashlib.sha256(repr((self.command, sorted(self.env.items()), self.also)).encode())
        for path in _files(self.made_of):
            digest.update(str(path).encode() + path.read_bytes())
        return digest.hexdigest()

    def _shown_log(self) -> Path:
        return self.log.relative_to(REPOSITORY)

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def clean_environment() -> dict[str, str]:
    """This process's environment variables but for CodeRunner's settings, which were meant for something else."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CODERUNNER_")}


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += [file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        elif path.exists():
            found.append(path)
    return sorted(found)
