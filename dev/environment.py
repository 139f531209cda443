"""The virtual environment in .venv: the packages of requirements/*.lock, and both distributions as they are here.

It is made again only when what it is made from has changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from dev import packages
from dev.console import SetupError, say, step
from dev.locks import exclusive
from dev.paths import REPOSITORY, VENV, VENV_PYTHON

OLDEST_PYTHON = (3, 11)
LOCKS = REPOSITORY / "requirements"
PROJECTS = (REPOSITORY / "distributions" / "coderunner", REPOSITORY / "distributions" / "coderunner-server")
_STAMP = VENV / "coderunner-stamp.json"
_OLD_METADATA = REPOSITORY / "coderunner.egg-info"
"""Left by a set-up from before there were two distributions: it would hide what is installed."""


def ensure_environment(extras: frozenset[str]) -> None:
    """Returns when .venv holds this checkout (editable) and the packages of these lock files, such as ``dev``, or more.

    Raises SetupError."""
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        raise SetupError(f"Python {needed} or newer is needed, {sys.executable} is {sys.version.split()[0]}.")
    with exclusive("setup"):
        installed = installed_extras(_STAMP, _key())
        if installed is not None and extras <= installed:
            return
        if installed is None:
            _create()
        _install(extras | (installed or frozenset()))


def installed_extras(stamp: Path, key: str) -> frozenset[str] | None:
    """The lock files that the stamp vouches for; None where the environment is missing or made from something else."""
    try:
        content = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return frozenset(content["extras"]) if content.get("key") == key else None


def _key() -> str:
    """Changes with the lock files, the distributions, the interpreter, and the checkout's place, which .venv names."""
    digest = hashlib.sha256()
    for path in (*sorted(LOCKS.glob("*.lock")), *(project / "pyproject.toml" for project in PROJECTS)):
        digest.update(path.read_bytes())
    digest.update(f"{sys.version}|{sys.base_prefix}|{REPOSITORY}".encode())
    return digest.hexdigest()


def _create() -> None:
    _STAMP.unlink(missing_ok=True)
    if importlib.util.find_spec("ensurepip") is None:
        _install_ensurepip()
    if not _has_pip():
        with step(f"creating the virtual environment {VENV.name}"):
            venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(VENV)


def _has_pip() -> bool:
    if not VENV_PYTHON.exists():
        return False
    return subprocess.run([VENV_PYTHON, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0


def _install_ensurepip() -> None:
    if not packages.can_install():
        raise SetupError(
            "This Python cannot make virtual environments: install its venv module (apt-get install python3-venv)."
        )
    packages.install(["python3-venv"])
    importlib.invalidate_caches()
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(f"{sys.executable} has no ensurepip: run make with PYTHON=/usr/bin/python3.")


def _install(extras: frozenset[str]) -> None:
    locked = [option for name in sorted(extras) for option in ("--requirement", str(LOCKS / f"{name}.lock"))]
    with step(f"installing Python packages into {VENV.name} ({', '.join(sorted(extras))})"):
        _pip("--require-hashes", *locked)
        shutil.rmtree(_OLD_METADATA, ignore_errors=True)
        for project in PROJECTS:
            _pip("--no-deps", "--no-build-isolation", "--no-index", "--editable", str(project))
    _STAMP.write_text(json.dumps({"key": _key(), "extras": sorted(extras)}), encoding="utf-8")


def _pip(*options: str) -> None:
    """``pip install OPTIONS`` in .venv. Raises SetupError with pip's last words."""
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--no-input", "--progress-bar", "off", *options]
    lines = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=REPOSITORY
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            if line.startswith(("Collecting", "Installing")):
                say(f"   {' '.join(line.split()[:2])}")
    if pip.returncode != 0:
        raise SetupError(f"pip failed (exit code {pip.returncode}); its last words:\n{''.join(lines[-15:])}")
