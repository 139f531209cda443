"""Docker Compose: the plug-in or the program that there is, or else Debian's package."""

from __future__ import annotations

import shutil
import subprocess

from dev import packages
from dev.console import SetupError
from dev.locks import exclusive

PACKAGE = "docker-compose"
"""Version 1.29 in Debian 12, 2.26 in Debian 13."""
_FORMS = (("docker", "compose"), ("docker-compose",))


def ensure_compose() -> None:
    """Installs the package where there is none. Raises SetupError."""
    if _is_there():
        return
    with exclusive("compose"):
        if _is_there():
            return
        if not packages.can_install():
            raise SetupError(f"The test of the compose files needs Docker Compose (Debian: apt-get install {PACKAGE}).")
        packages.install([PACKAGE])


def compose_command() -> tuple[str, ...]:
    """The plug-in, or else the program. Raises FileNotFoundError."""
    for form in _FORMS:
        if shutil.which(form[0]) and _works(form):
            return form
    raise FileNotFoundError("Docker Compose is not installed: run `make compose`")


def _works(form: tuple[str, ...]) -> bool:
    return (
        subprocess.run([*form, "version"], check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    )


def _is_there() -> bool:
    try:
        compose_command()
    except FileNotFoundError:
        return False
    return True
