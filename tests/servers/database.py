"""A database server with its files in a folder of its own, run by nobody where root runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dev.service import clean_environment
from tests.servers.process import ServerProcess

USER = "coderunner"
PASSWORD = "secret-of-the-test"
DATABASE = "history"
_NOBODY = 65534
_AS_NOBODY = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--pdeathsig", "KILL")
"""A change of user takes the tether off: it is tied again."""


class DatabaseServer(ServerProcess):
    """A server that takes connections over TCP from ``USER`` with ``PASSWORD``. Its data outlives a kill, not the
    machine: nothing is synced to the disk."""

    def __init__(self, name: str, scheme: str, command: Sequence[str], folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._scheme = scheme
        super().__init__(name, [*_unprivileged(), *command], folder / f"{name}.log")

    def url(self, database: str = DATABASE, *, password: str = PASSWORD) -> str:
        """As SQLAlchemy writes it, without the driver."""
        return f"{self._scheme}://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def remove(self) -> None:
        """Ends it, and removes its files."""
        self.stop()
        shutil.rmtree(self.folder)


def new_folder(name: str) -> Path:
    """A folder that the server's user may write, below one that it may enter: pytest's own are root's alone."""
    folder = Path(tempfile.mkdtemp(prefix=f"coderunner-{name}-"))
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
    return folder


def run(*command: str) -> None:
    """Runs a program as the server's user. Raises RuntimeError with its last words."""
    done = subprocess.run(
        [*_unprivileged(), *command],
        cwd="/",
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {(done.stdout + done.stderr)[-2000:]}")


def _unprivileged() -> Sequence[str]:
    return _AS_NOBODY if os.geteuid() == 0 else ()
