"""The machine that becomes a node, as setting it up needs it."""

from __future__ import annotations

import grp
import http.client
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from node.joining.errors import JoinError
from node.joining.writing import Owner

ENGINE = "/var/run/docker.sock"
"""Where a node looks for it by default, and Debian has it."""
_LOOK_EVERY_S = 0.2
_PING_S = 5.0
_LAST_LINES = 15
_MAX_HEALTH_BYTES = 1 << 20
_TOLD = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class Machine(Protocol):
    """What is asked of the machine and done to it. Files are below ``root``."""

    root: Path

    def is_administrator(self) -> bool:
        """Whether this process may do everything."""
        ...

    def has_systemd(self) -> bool:
        """Whether systemd runs it."""
        ...

    def finds(self, program: str) -> bool:
        """Whether it has a program of that name."""
        ...

    def program(self) -> str:
        """The path of the command ``coderunner-node``. Raises JoinError where it is not installed."""
        ...

    def run(self, *command: str, shown: bool = False) -> None:
        """Runs a program to its end; ``shown``: its output is the caller's to read. Raises JoinError with its last
        words."""
        ...

    def engine_answers(self, within_s: float = 0.0) -> bool:
        """Whether a Docker engine answers, or does within that time."""
        ...

    def owner(self, user: str) -> Owner | None:
        """The numbers of a user; None where there is none."""
        ...

    def has_group(self, group: str) -> bool: ...

    def node_health(self, address: str, within_s: float) -> dict[str, Any]:
        """What the node that listens at ``address`` says of itself, as soon as it is ready or else at the end of that
        time; empty where none answers."""
        ...


class LocalMachine:
    """This one."""

    def __init__(self) -> None:
        self.root = Path("/")

    def is_administrator(self) -> bool:
        return os.geteuid() == 0

    def has_systemd(self) -> bool:
        return Path("/run/systemd/system").is_dir() and shutil.which("systemctl") is not None

    def finds(self, program: str) -> bool:
        return shutil.which(program) is not None

    def program(self) -> str:
        beside = Path(sys.executable).with_name("coderunner-node")
        found = str(beside) if beside.exists() else shutil.which("coderunner-node")
        if not found:
            raise JoinError("the command coderunner-node is not installed: `pip install coderunner-server`")
        return found

    def run(self, *command: str, shown: bool = False) -> None:
        try:
            done = subprocess.run(
                command,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=None if shown else subprocess.PIPE,
                stderr=None if shown else subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise JoinError(f"`{command[0]}`: {error.strerror}") from None
        if done.returncode != 0:
            last = "\n".join((done.stdout or "").splitlines()[-_LAST_LINES:])
            words = f"; its last words:\n{last}" if last else ""
            raise JoinError(f"`{' '.join(command)}` failed (exit code {done.returncode}){words}")

    def engine_answers(self, within_s: float = 0.0) -> bool:
        deadline = time.monotonic() + within_s
        while not _pinged():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_EVERY_S)
        return True

    def owner(self, user: str) -> Owner | None:
        try:
            entry = pwd.getpwnam(user)
        except KeyError:
            return None
        return Owner(entry.pw_uid, entry.pw_gid)

    def has_group(self, group: str) -> bool:
        return any(entry.gr_name == group for entry in grp.getgrall())

    def node_health(self, address: str, within_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + within_s
        while not (told := _health(address)).get("ready"):
            if time.monotonic() >= deadline:
                return told
            time.sleep(_LOOK_EVERY_S)
        return told


def _environment() -> dict[str, str]:
    """What a child is told of ours: no token, no engine that is elsewhere."""
    told = {name: os.environ[name] for name in (*_TOLD, *_PROXIES) if name in os.environ}
    return {**told, "DEBIAN_FRONTEND": "noninteractive"}


def _pinged() -> bool:
    """By the engine's own ``/_ping``; a client of it would want to know its version first."""
    try:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.settimeout(_PING_S)
            engine.connect(ENGINE)
            engine.sendall(b"GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")
            return engine.makefile("rb").readline(64).split()[1:2] == [b"200"]
    except OSError:
        return False


def _health(address: str) -> dict[str, Any]:
    try:
        with closing(http.client.HTTPConnection(address, timeout=2)) as connection:
            connection.request("GET", "/health")
            told = json.loads(connection.getresponse().read(_MAX_HEALTH_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
