"""Express and ``ws`` for tests of the middleware, of Debian's packages: modules of text that any Node.js takes."""

from __future__ import annotations

from pathlib import Path

from dev import packages
from dev.console import SetupError
from dev.locks import exclusive

PACKAGES = ("node-express", "node-ws")
MODULES = Path("/usr/share/nodejs")
"""Where Debian has the modules of Node.js."""


def ensure_express() -> None:
    """Installs the packages where they are missing. Raises SetupError."""
    if _is_there():
        return
    with exclusive("express"):
        if _is_there():
            return
        if not packages.can_install():
            raise SetupError(f"Tests of the middleware need Express (Debian: apt-get install {' '.join(PACKAGES)}).")
        packages.install(PACKAGES)


def _is_there() -> bool:
    return all((MODULES / package.removeprefix("node-") / "package.json").exists() for package in PACKAGES)
