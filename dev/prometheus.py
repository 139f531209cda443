"""Prometheus for tests, of Debian's package. It is unpacked, not installed: the package would start a service."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from dev import packages
from dev.console import SetupError, step
from dev.locks import exclusive
from dev.paths import VENV

PACKAGE = "prometheus"
PROGRAMS = ("prometheus", "promtool")
_UNPACKED = VENV / "debian" / PACKAGE


def ensure_prometheus() -> None:
    """Unpacks the package where its programs are missing. Raises SetupError."""
    if _are_there():
        return
    with exclusive("prometheus"):
        if _are_there():
            return
        if not packages.can_install():
            raise SetupError(f"Tests need Prometheus (Debian: apt-get install {PACKAGE}).")
        with step(f"unpacking Debian's package {PACKAGE}"), tempfile.TemporaryDirectory() as folder:
            archive = packages.download(PACKAGE, Path(folder))
            fresh = _UNPACKED.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            subprocess.run(["dpkg-deb", "--extract", archive, fresh], check=True, stdin=subprocess.DEVNULL)
            shutil.rmtree(_UNPACKED, ignore_errors=True)
            fresh.rename(_UNPACKED)


def prometheus_program(name: str) -> Path:
    """One of PROGRAMS: the machine's own, or else the unpacked one. Raises FileNotFoundError."""
    found = shutil.which(name)
    path = Path(found) if found else _UNPACKED / "usr" / "bin" / name
    if not path.is_file():
        raise FileNotFoundError(f"{name} is not installed: run `make test`")
    return path


def _are_there() -> bool:
    try:
        return all(prometheus_program(name) for name in PROGRAMS)
    except FileNotFoundError:
        return False
