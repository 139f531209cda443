"""gVisor beside the usual OCI runtime, for the tests that run on both: installed and registered where that is quick."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from dev import engine_api, packages
from dev.backports import backports
from dev.console import SetupError, say, step
from dev.locks import exclusive

RUNTIME = "runsc"
ARGUMENTS = ["--network=none"]
"""Slots have no network; without this, gVisor looks for one and fails on kernels since 6.10."""
SWITCH = "CODERUNNER_TEST_RUNSC"
"""``0``: leave the machine as it is."""
WHY_NOT = "CODERUNNER_RUNSC_MISSING"
"""In the environment of the tests: why there is no gVisor."""
_DAEMON = Path("/etc/docker/daemon.json")
_ENGINE_PID_FILES = (Path("/var/run/docker.pid"), Path("/run/docker.pid"))
_OLDEST = "0.0~2023"
"""Older ones do not know the system calls of a current C library."""
_APT_TIMEOUT_S = 60
_RELOAD_TIMEOUT_S = 5.0


class GVisorMissingError(Exception):
    """Raised where gVisor cannot be had; the message is one sentence that says why."""


def offer_gvisor() -> None:
    """Installs and registers gVisor where it can, in seconds; otherwise puts the reason into the environment."""
    os.environ.pop(WHY_NOT, None)
    try:
        with exclusive("gvisor"):
            _ensure()
    except (GVisorMissingError, SetupError, OSError, subprocess.SubprocessError, ValueError) as error:
        os.environ[WHY_NOT] = str(error)
        say(f"-- no gVisor, so its tests cannot run: {error}")


def _ensure() -> None:
    if RUNTIME in _known() and (os.environ.get("DOCKER_HOST") or shutil.which(RUNTIME)):
        return
    if os.environ.get(SWITCH) == "0":
        raise GVisorMissingError(f"{SWITCH}=0")
    if not packages.can_install() or os.environ.get("DOCKER_HOST"):
        raise GVisorMissingError("only root on Debian can install it, for an engine on the same machine")
    if shutil.which(RUNTIME) is None:
        with step("installing gVisor (runsc)"):
            _install()
    _register(shutil.which(RUNTIME) or RUNTIME)


def _known() -> dict[str, Any]:
    _, body = engine_api.call("GET", "/info")
    return dict(json.loads(body).get("Runtimes") or {})


def _install() -> None:
    """From the release where it is recent enough, from its backports otherwise."""
    _apt("apt-get", "-q", "update")
    candidate = re.search(r"Candidate: (\S+)", _apt("apt-cache", "policy", RUNTIME))
    if candidate and candidate[1] >= _OLDEST and candidate[1] != "(none)":
        _apt("apt-get", "-q", "install", "--yes", "--no-install-recommends", RUNTIME)
        return
    with backports() as (source, suite):
        _apt("apt-get", "-q", *source, "update")
        _apt("apt-get", "-q", *source, "install", "--yes", "--no-install-recommends", *suite, RUNTIME)


def _apt(*command: str) -> str:
    done = subprocess.run(
        [command[0], "-o", "DPkg::Lock::Timeout=30", *command[1:]],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_APT_TIMEOUT_S,
    )
    if done.returncode != 0:
        raise GVisorMissingError(f"{' '.join(command[:3])} failed: {done.stdout.strip().splitlines()[-1:]}")
    return done.stdout


def _register(program: str) -> None:
    """Adds it to the engine's configuration; the running engine takes it over without a restart."""
    content = json.loads(_DAEMON.read_text(encoding="utf-8")) if _DAEMON.exists() else {}
    content.setdefault("runtimes", {})[RUNTIME] = {"path": program, "runtimeArgs": ARGUMENTS}
    _DAEMON.parent.mkdir(parents=True, exist_ok=True)
    fresh = _DAEMON.with_suffix(".new")
    fresh.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    fresh.replace(_DAEMON)
    pid_file = next((path for path in _ENGINE_PID_FILES if path.exists()), None)
    if pid_file is None:
        raise GVisorMissingError("the engine has no process here that could be told of it")
    os.kill(int(pid_file.read_text(encoding="ascii")), signal.SIGHUP)
    deadline = time.monotonic() + _RELOAD_TIMEOUT_S
    while RUNTIME not in _known():
        if time.monotonic() > deadline:
            raise GVisorMissingError(f"the engine does not take it over from {_DAEMON}")
        time.sleep(0.05)
