"""Chromium for tests of pages, of Debian's package: one that Debian mends, where Playwright's own is fetched from
elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

from dev import packages
from dev.console import SetupError
from dev.locks import exclusive

PACKAGES = ("chromium", "fonts-dejavu-core")
"""Recommended packages are not installed, and without a font nothing has a width."""
PROGRAM = "chromium"


def ensure_chromium() -> None:
    """Installs the packages where there is no Chromium. Raises SetupError."""
    if shutil.which(PROGRAM):
        return
    with exclusive("chromium"):
        if shutil.which(PROGRAM):
            return
        if not packages.can_install():
            raise SetupError(f"Tests of pages need Chromium (Debian: apt-get install {' '.join(PACKAGES)}).")
        packages.install(PACKAGES)


def chromium_program() -> Path:
    """The machine's own. Raises FileNotFoundError."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise FileNotFoundError(f"{PROGRAM} is not installed: run `make test`")
    return Path(found)
