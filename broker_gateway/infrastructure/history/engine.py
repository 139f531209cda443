"""The connection to the history's database: SQLite, PostgreSQL, MySQL or MariaDB, with a bound on every wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from broker_gateway.infrastructure.history.columns import MYSQL

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "mysql": "mysql+aiomysql",
    "mariadb": "mariadb+aiomysql",
}
_STEPS = 20_000
"""Of SQLite's machine, between two looks at the clock: about a millisecond."""
_RECYCLE_S = 1800
_AGAIN_S = 0.02


@dataclass(frozen=True, slots=True)
class DatabaseLimits:
    """How long the database may take."""

    connect_s: float = 5.0
    """To take a connection, or to give one that is free."""
    statement_s: float = 10.0
    """For one statement: then the database itself ends it."""
    connections: int = 8
    """For whoever reads."""
    writing: int = 4
    """For what takes down, forgets and looks: readers must not be in its way."""

    @property
    def of_writers(self) -> DatabaseLimits:
        """The same for the connections that write."""
        return replace(self, connections=self.writing)

    @property
    def call_s(self) -> float:
        """For all of one call, where the database does not even say that it ended a statement."""
        return self.connect_s + self.statement_s + 1.0


def database_url(text: str) -> URL:
    """The URL with the driver that we use. Raises ValueError, whose text has no password in it."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("not the URL of a database, as sqlite:///history.db or postgresql://user@host/name") from None
    if url.drivername not in {*_DRIVERS, *_DRIVERS.values()}:
        raise ValueError(f"{url.drivername}: not a database we know; one of {', '.join(_DRIVERS)}")
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def open_engine(url: URL, limits: DatabaseLimits, **options: Any) -> AsyncEngine:
    """An engine that connects when it is first used, and again after the database was away. ``options`` as SQLAlchemy
    takes them."""
    kind = url.get_backend_name()
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_recycle=_RECYCLE_S,
        connect_args=_connect_arguments(kind, limits),
        **_isolation(kind),
        **(options or _pool(limits)),
    )
    if kind == "sqlite":
        _prepare_sqlite(url, engine.sync_engine, limits)
    elif kind in MYSQL:
        event.listen(engine.sync_engine, "connect", _bounding_mysql(limits))
    return engine


def _pool(limits: DatabaseLimits) -> dict[str, Any]:
    return {"pool_size": limits.connections, "max_overflow": 0, "pool_timeout": limits.connect_s}


def _isolation(kind: str) -> dict[str, Any]:
    """MySQL's own default locks the gaps between rows, and writers would meet in them."""
    return {} if kind == "sqlite" else {"isolation_level": "READ COMMITTED"}


def _connect_arguments(kind: str, limits: DatabaseLimits) -> dict[str, Any]:
    statement_ms = str(int(limits.statement_s * 1000))
    if kind == "postgresql":
        session = {
            "application_name": "coderunner-gateway",
            "statement_timeout": statement_ms,
            "idle_in_transaction_session_timeout": statement_ms,
            "jit": "off",
        }
        return {"timeout": limits.connect_s, "server_settings": session}
    if kind in MYSQL:
        return {"connect_timeout": limits.connect_s, "charset": "utf8mb4"}
    return {"timeout": limits.statement_s}


def _bounding_mysql(limits: DatabaseLimits) -> Callable[[Any, Any], None]:
    def bound(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("SELECT VERSION()")
        if "mariadb" in str(cursor.fetchone()[0]).lower():
            cursor.execute(f"SET SESSION max_statement_time = {limits.statement_s:f}")
        else:
            cursor.execute(f"SET SESSION max_execution_time = {int(limits.statement_s * 1000)}")
        cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {max(1, int(limits.statement_s))}")
        cursor.close()

    return bound


def _make_private(file: Path) -> None:
    """A new file that its owner alone reads: what programs printed is in it. Where none can be made, whoever connects
    is told."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)


def _write_ahead(cursor: Any, within_s: float) -> None:
    """Has the file keep a write-ahead log. For this change alone SQLite does not wait where another process has the
    file, which in a new one is making the same change."""
    until = time.monotonic() + within_s
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except OperationalError:
            if time.monotonic() >= until:
                raise
            await_only(asyncio.sleep(_AGAIN_S))
        else:
            return


def _prepare_sqlite(url: URL, engine: Engine, limits: DatabaseLimits) -> None:
    if url.database and url.database != ":memory:":
        _make_private(Path(url.database))

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        info = record.info

        def is_late() -> bool:
            return time.monotonic() > float(info.get("ends_at", float("inf")))

        cursor = connection.cursor()
        _write_ahead(cursor, limits.connect_s)
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        connection.run_async(lambda driver: driver.set_progress_handler(is_late, _STEPS))

    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Any, *_statement: Any) -> None:
        connection.info["ends_at"] = time.monotonic() + limits.statement_s
