"""Packages of npm, fetched by this machine's own npm: tar archives, of which no script is run."""

from __future__ import annotations

import re
from pathlib import Path

from sandbox.builder.pinned import FetchError, Pinned, check, read_pinned, run

_MACHINES = Path("/etc/ssl/certs/ca-certificates.crt")
_PACKAGE = re.compile(r"(@[\w.-]+/)?\w[\w.-]*@\d[\w.+-]*")


def fetch_packages(listed: Path, folder: Path) -> None:
    """The packages of a list (``typescript@5.9.3``) as ``NAME-VERSION.tgz``; ``@types/node`` is ``types-node``. Raises
    FetchError."""
    packages = read_pinned(listed)
    wrong = next((one.name for one in packages if not _PACKAGE.fullmatch(one.name)), "")
    if wrong:
        raise FetchError(f"{listed.name} names {wrong}, which is not NAME@VERSION.")
    names = [one.name for one in packages]
    arguments = ["pack", "--ignore-scripts", "--loglevel=error", f"--pack-destination={folder}", *names]
    run("npm", "npm", arguments, folder, **_trust())
    for one in packages:
        check(folder / _file(one), one)


def _trust() -> dict[str, str]:
    """Node.js has certificates of its own: those that the machine trusts join them, as pip and Maven go by these."""
    return {"NODE_EXTRA_CA_CERTS": str(_MACHINES)} if _MACHINES.is_file() else {}


def _file(package: Pinned) -> str:
    name, _, version = package.name.rpartition("@")
    return f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
