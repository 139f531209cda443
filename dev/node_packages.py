"""npm, the package manager of Node.js, for tests with what others publish there: of Debian's package."""

from __future__ import annotations

import shutil

from dev import packages
from dev.console import SetupError
from dev.locks import exclusive

PACKAGES = ("npm",)
PROGRAM = "npm"


def ensure_npm() -> None:
    """Installs the package where there is no npm. Raises SetupError."""
    if shutil.which(PROGRAM):
        return
    with exclusive("npm"):
        if shutil.which(PROGRAM):
            return
        if not packages.can_install():
            raise SetupError(f"These tests need npm (Debian: apt-get install {' '.join(PACKAGES)}).")
        packages.install(PACKAGES)
