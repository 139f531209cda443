"""The compilers and build tools of other languages that examples and images need: the machine's own, or Debian's."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Collection

from dev import packages
from dev.console import SetupError
from dev.locks import exclusive

PACKAGES = {
    "protoc": ("protobuf-compiler",),
    "javac": ("default-jdk-headless",),
    "mvn": ("maven",),
    "npm": ("npm",),
    "go": ("golang-go",),
}
"""By the program that is looked for."""
_LEAST_GO = (1, 21)
"""From which on Go fetches the version that a module asks for."""


def ensure_toolchains(wanted: Collection[str] = tuple(PACKAGES)) -> None:
    """Installs what is missing of the wanted programs. Raises SetupError."""
    if not _missing(wanted):
        return
    with exclusive("toolchains"):
        missing = _missing(wanted)
        if missing and not packages.can_install():
            names = " ".join(name for program in missing for name in PACKAGES[program])
            raise SetupError(f"This needs {', '.join(missing)} (Debian: apt-get install {names}).")
        usual = [name for program in missing if program != "go" for name in PACKAGES[program]]
        if usual:
            packages.install(usual)
        if "go" in missing:
            _install_go()


def _missing(wanted: Collection[str]) -> list[str]:
    return [name for name in wanted if shutil.which(name) is None or (name == "go" and not _is_new_enough())]


def _install_go() -> None:
    """From the release, or where that has an old one from its backports."""
    if shutil.which("go") is None:
        packages.install(PACKAGES["go"])
    if not _is_new_enough():
        packages.install_newer(PACKAGES["go"])
    if not _is_new_enough():
        raise SetupError(f"The examples need Go {'.'.join(map(str, _LEAST_GO))} or newer.")


def _is_new_enough() -> bool:
    said = subprocess.run(["go", "version"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    found = re.search(r"go(\d+)\.(\d+)", said.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= _LEAST_GO
