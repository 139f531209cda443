"""Installs Debian packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dev.backports import backports
from dev.console import SetupError, step

_OS_RELEASE = Path("/etc/os-release")


def can_install() -> bool:
    """True for root on Debian, Ubuntu or a relative of theirs."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and is_debian_like(_OS_RELEASE)


def is_debian_like(os_release: Path) -> bool:
    """Whether the file (in the format of /etc/os-release) names Debian, Ubuntu or a descendant."""
    try:
        text = os_release.read_text(encoding="utf-8")
    except OSError:
        return False
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    names = f"{values.get('ID', '')} {values.get('ID_LIKE', '')}".replace('"', "").split()
    return bool({"debian", "ubuntu"} & set(names))


def install(packages: Sequence[str]) -> None:
    """Installs the packages without recommendations and questions. Raises SetupError with apt-get's last words."""
    with step(f"installing Debian packages: {' '.join(packages)}"):
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *packages)


def install_newer(packages: Sequence[str]) -> None:
    """As ``install``, from the backports of this Debian. Raises SetupError."""
    with step(f"installing Debian packages from backports: {' '.join(packages)}"), backports() as (source, suite):
        _apt_get(*source, "update")
        _apt_get(*source, "install", "--yes", "--no-install-recommends", *suite, *packages)


def download(package: str, folder: Path) -> Path:
    """The archive of a package, fetched into the folder. Raises SetupError with apt-get's last words."""
    _apt_get("update")
    _apt_get("download", package, cwd=folder)
    archives = list(folder.glob("*.deb"))
    if len(archives) != 1:
        raise SetupError(f"apt-get download {package} left {len(archives)} archives")
    return archives[0]


def _apt_get(*arguments: str, cwd: Path | None = None) -> None:
    command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments]
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last_words = "\n".join(done.stdout.splitlines()[-15:])
        raise SetupError(f"`{' '.join(command)}` failed (exit code {done.returncode}); its last words:\n{last_words}")
