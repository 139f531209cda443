"""The versions of the schema: brought up and down by Alembic, one process at a time, and told apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, NullPool, text

from broker_gateway.application.history_ports import HistoryUnavailableError
from broker_gateway.infrastructure.history.columns import MYSQL
from broker_gateway.infrastructure.history.engine import DatabaseLimits, database_url, open_engine
from broker_gateway.infrastructure.history.failures import answering
from broker_gateway.infrastructure.history.schema import REVISIONS, VERSION_TABLE

_LOCK_NAME = "coderunner-history"
_LOCK_NUMBER = 0x636F6465_72756E72
"""The same for PostgreSQL: ``coderunr``."""
_LIMITS = DatabaseLimits(statement_s=3600.0)
"""A migration of many tasks takes its time, and so does the wait for another process that does the same."""


async def migrate(url: str, revision: str = "head") -> None:
    """Brings the schema up to the version, from whichever it has; nothing where it has it already. Another process
    may do the same at the same time. Raises HistoryUnavailableError, and ValueError for a URL that is none."""
    await _run(url, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str) -> None:
    """Brings the schema down to the version; ``base`` removes everything. Raises as ``migrate`` does."""
    await _run(url, lambda config: command.downgrade(config, revision))


def check_version(connection: Connection) -> None:
    """Raises HistoryUnavailableError where the schema is not this version's."""
    heads = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
    found = heads[0] if heads else None
    if found == REVISIONS[-1]:
        return
    if found is None:
        raise HistoryUnavailableError("the database has no tables of ours: run `coderunner-gateway migrate`")
    if found in REVISIONS:
        raise HistoryUnavailableError(
            f"the database's schema {found} is older than {REVISIONS[-1]}: run `coderunner-gateway migrate`"
        )
    raise HistoryUnavailableError(f"the database's schema {found} is newer than {REVISIONS[-1]}, the newest we know")


async def _run(url: str, change: Callable[[Config], None]) -> None:
    engine = open_engine(database_url(url), _LIMITS, poolclass=NullPool)
    try:
        async with answering(_LIMITS.call_s), engine.begin() as connection:
            await connection.run_sync(_change_alone, change)
    finally:
        await engine.dispose()


def _change_alone(connection: Connection, change: Callable[[Config], None]) -> None:
    _lock(connection)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        change(config)
    except CommandError as error:
        raise HistoryUnavailableError(f"the schema cannot be changed: {error}") from error


def _lock(connection: Connection) -> None:
    """Waits until no other process changes the schema; the lock ends with the connection."""
    kind = connection.dialect.name
    if kind == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif kind in MYSQL:
        wait = {"name": _LOCK_NAME, "seconds": int(_LIMITS.statement_s)}
        if connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), wait) != 1:
            raise HistoryUnavailableError("another process is changing the schema")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
