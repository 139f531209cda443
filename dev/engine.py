"""Makes sure of a Docker engine: the one that answers, or else one that is installed and started here."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from dev import cgroups, engine_api, packages, processes
from dev.console import SetupError, say, step
from dev.locks import exclusive
from dev.paths import LOGS, RUN

PACKAGES = ("docker.io", "iptables", "ca-certificates")
_APPARMOR = Path("/sys/module/apparmor/parameters/enabled")
_PID_FILE = RUN / "dockerd.pid"
_LOG = LOGS / "dockerd.log"
_START_TIMEOUT_S = 120
_FALLBACKS = ((), ("--iptables=false", "--ip6tables=false"), ("--iptables=false", "--ip6tables=false", "--bridge=none"))
"""Some kernels have no packet filter and some no bridges; sandboxes need neither."""


def ensure_engine() -> None:
    """Installs and starts a Docker engine unless one answers. Raises SetupError."""
    if engine_api.answers():
        return
    if os.environ.get("DOCKER_HOST"):
        raise SetupError(
            f"No Docker engine answers at DOCKER_HOST={engine_api.address()}: start it, or unset DOCKER_HOST."
        )
    with exclusive("engine"):
        if engine_api.answers():
            return
        if os.geteuid() != 0:
            raise SetupError(_advice())
        if shutil.which("dockerd") is None:
            _install()
        with step("starting the Docker engine"):
            _start()


def stop_engine() -> bool:
    """Stops the engine that we started by hand; True if there was one."""
    return processes.stop(_PID_FILE)


def _advice() -> str:
    if engine_api.DEFAULT_SOCKET.exists():
        return f"No Docker engine answers for this user at {engine_api.DEFAULT_SOCKET}: start it, or run as root."
    return (
        "No Docker engine answers: install one (Debian: apt-get install docker.io) and start it, or run this as root."
    )


def _install() -> None:
    if not packages.can_install():
        raise SetupError("No Docker engine answers and this is not Debian or Ubuntu: install Docker and start it.")
    confined = _APPARMOR.exists() and _APPARMOR.read_text(encoding="ascii").strip() == "Y"
    packages.install([*PACKAGES, *(["apparmor"] if confined else [])])


def _start() -> None:
    if Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "start", "docker"], check=False, stdin=subprocess.DEVNULL)
        if _answers_within(_START_TIMEOUT_S):
            return
        raise SetupError("The Docker engine does not start: `journalctl -u docker` says why.")
    cgroups.mount_what_is_missing()
    for flags in _FALLBACKS:
        say(f"   dockerd {' '.join(flags)}")
        processes.spawn(["dockerd", *flags], _PID_FILE, _LOG)
        if _answers_within(_START_TIMEOUT_S, _PID_FILE):
            return
        processes.stop(_PID_FILE)
    raise SetupError(f"The Docker engine does not start: the end of {_LOG} says why.")


def _answers_within(seconds: float, pid_file: Path | None = None) -> bool:
    """False at once when the process of ``pid_file`` has ended."""
    deadline = time.monotonic() + seconds
    while not engine_api.answers():
        if time.monotonic() > deadline or (pid_file is not None and processes.running(pid_file) is None):
            return False
        time.sleep(0.1)
    return True
