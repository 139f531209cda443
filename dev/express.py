"""Express for tests of the middleware, of Debian's package: modules of text that any Node.js takes."""

from __future__ import annotations

from pathlib import Path

from dev import packages
from dev.console import SetupError
from dev.locks import exclusive

PACKAGES = ("node-express",)
MODULES = Path("/usr/share/nodejs")
"""Where Debian has the modules of Node.js."""


def ensure_express() -> None:
    """Installs the package where there is no Express. Raises SetupError."""
    if _is_there():
        return
    with exclusive("express"):
        if _is_there():
            return
        if not packages.can_install():
            raise SetupError(f"Tests of the middleware need Express (Debian: apt-get install {' '.join(PACKAGES)}).")
        packages.install(PACKAGES)


def _is_there() -> bool:
    return (MODULES / "express" / "package.json").exists()
