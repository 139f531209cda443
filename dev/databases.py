"""The database servers that tests start: PostgreSQL and MariaDB, of Debian's packages, none of them running as a
service."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from dev import packages
from dev.console import SetupError
from dev.locks import exclusive

POSTGRES = "postgresql"
POSTGRES_COMMON = "postgresql-common"
MARIADB = ("mariadb-server-core", "mariadb-client-core")
"""Only the programs, without the service; the second has what the first needs to make a database."""
_ALL = (POSTGRES, *MARIADB)
_POSTGRES_VERSIONS = Path("/usr/lib/postgresql")
_NEW_CLUSTERS = Path("/etc/postgresql-common/createcluster.conf")
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/bin")


def ensure_databases() -> None:
    """Installs the servers that are missing. Raises SetupError."""
    if _are_there():
        return
    with exclusive("databases"):
        if _are_there():
            return
        if not packages.can_install():
            raise SetupError(f"Tests need PostgreSQL and MariaDB (Debian: apt-get install {' '.join(_ALL)}).")
        if not _has_postgres():
            packages.install([POSTGRES_COMMON])
            _make_no_cluster()
        packages.install(_ALL)


def postgres_programs() -> Path:
    """The folder with the newest version's programs. Raises FileNotFoundError."""
    found = [path.parent for path in _POSTGRES_VERSIONS.glob("*/bin/initdb")]
    if not found:
        raise FileNotFoundError("no PostgreSQL server is installed: run `make test`")
    return max(found, key=lambda folder: [int(number) for number in re.findall(r"\d+", folder.parent.name)])


def mariadb_program(name: str) -> Path:
    """A program of MariaDB's server. Raises FileNotFoundError."""
    found = shutil.which(name) or next(
        (str(path) for folder in _SYSTEM_FOLDERS if (path := Path(folder) / name).exists()), None
    )
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: run `make test`")
    return Path(found)


def _are_there() -> bool:
    return _has_postgres() and all(_has(name) for name in ("mariadbd", "mariadb-install-db", "my_print_defaults"))


def _has_postgres() -> bool:
    return any(_POSTGRES_VERSIONS.glob("*/bin/initdb"))


def _has(program: str) -> bool:
    try:
        mariadb_program(program)
    except FileNotFoundError:
        return False
    return True


def _make_no_cluster() -> None:
    """The server's package would make a database of its own and start it as a service."""
    _NEW_CLUSTERS.write_text(without_main_cluster(_NEW_CLUSTERS.read_text(encoding="utf-8")), encoding="utf-8")


def without_main_cluster(settings: str) -> str:
    """The text of createcluster.conf by which a new server gets no cluster."""
    kept = [line for line in settings.splitlines() if not re.match(r"\s*create_main_cluster\b", line)]
    return "\n".join([*kept, "create_main_cluster = false", ""])
