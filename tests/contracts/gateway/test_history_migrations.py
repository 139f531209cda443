"""The versions of the history's schema: up and down, from each, by several processes, in each database."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.history_ports import HistoryUnavailableError, PastTask, TaskRecord
from broker_gateway.application.ports import TaskFilter
from broker_gateway.domain.api_key import ENTROPY_BYTES, KeyDraft, KeySecret
from broker_gateway.domain.task_id import TaskId
from broker_gateway.infrastructure.history import migration, migrations
from broker_gateway.infrastructure.history.engine import database_url, open_engine
from broker_gateway.infrastructure.history.keys import SqlKeyStore
from broker_gateway.infrastructure.history.migration import downgrade, migrate
from broker_gateway.infrastructure.history.partitions import DAY_MS
from broker_gateway.infrastructure.history.schema import METADATA, REVISIONS, VERSION_TABLE
from broker_gateway.infrastructure.history.store import SqlHistoryStore
from schemas.execution import Execution
from tests.contracts.gateway.histories import LIMITS, past
from tests.contracts.implementations import MARIADB, POSTGRES, SQLITE, picked
from tests.servers import MariadbServer, PostgresServer

PROGRAM = "import asyncio, sys; from broker_gateway.infrastructure.history.migration import migrate; "
VERSIONS = ("base", *REVISIONS)
_numbers = itertools.count(1)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / '100% new' / 'history.db'}"


@pytest.fixture
def postgres_url(shared_postgres: PostgresServer) -> str:
    return _new_database(shared_postgres)


@pytest.fixture
def mariadb_url(shared_mariadb: MariadbServer) -> str:
    return _new_database(shared_mariadb)


@pytest.fixture(params=[SQLITE, POSTGRES, MARIADB])
def url(request: pytest.FixtureRequest) -> str:
    return str(picked(request))


@pytest_asyncio.fixture
async def store(url: str) -> AsyncIterator[SqlHistoryStore]:
    store = SqlHistoryStore(url, LIMITS)
    yield store
    await store.close()


def test_every_version_is_a_migration_and_every_migration_a_version() -> None:
    scripts = ScriptDirectory(str(Path(str(migrations.__file__)).parent))
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_schema_goes_up_and_down_from_each_version(url: str, store: SqlHistoryStore, version: str) -> None:
    first, second = _tasks(0), _tasks(10)
    if version != "base":
        await migrate(url, version)
        await store.record(first)
    await migrate(url)
    await migrate(url)
    await store.check()
    assert await _differences(url) == []
    await store.record(second)
    await downgrade(url, version)
    await migrate(url)
    await store.check()
    assert await _differences(url) == []
    kept = {record.execution.id: record.execution for record in [*first, *second]}
    if version == "base":
        kept = {}
    assert await store.count(TaskFilter()) == await store.count(TaskFilter(labels={"post": "7"})) == len(kept)
    assert all([_whole(await store.find(task_id)) == execution for task_id, execution in kept.items()])


async def test_going_down_to_the_base_leaves_nothing_of_ours(url: str, store: SqlHistoryStore) -> None:
    await migrate(url)
    await downgrade(url, "base")
    assert set(await _tables(url)) <= {VERSION_TABLE}
    with pytest.raises(HistoryUnavailableError, match="migrate"):
        await store.check()


async def test_a_database_that_nobody_prepared_says_what_to_do(store: SqlHistoryStore) -> None:
    with pytest.raises(HistoryUnavailableError, match="no tables of ours: run `coderunner-gateway migrate`"):
        await store.check()
    with pytest.raises(HistoryUnavailableError):
        await store.find("t")


async def test_an_older_and_a_newer_schema_are_told_apart(
    url: str, store: SqlHistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(url)
    await _execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(HistoryUnavailableError, match="9999 is newer"):
        await store.check()
    with pytest.raises(HistoryUnavailableError, match="9999"):
        await migrate(url)
    await _execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '{REVISIONS[-1]}'")
    monkeypatch.setattr(migration, "REVISIONS", (*REVISIONS, "9998"))
    with pytest.raises(HistoryUnavailableError, match=f"{REVISIONS[-1]} is older than 9998: run"):
        await store.check()


async def test_two_processes_migrate_at_once(url: str, store: SqlHistoryStore) -> None:
    command = [sys.executable, "-c", PROGRAM + "asyncio.run(migrate(sys.argv[1]))", url]
    processes = [
        await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL)
        for _ in range(2)
    ]
    said = [(await process.communicate())[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    await store.check()


async def test_a_new_file_that_somebody_writes_to_is_waited_for(tmp_path: Path) -> None:
    """Two gateways on one file: SQLite itself waits for everything but for the change to a write-ahead log."""
    file = tmp_path / "history.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE theirs (number INTEGER)")
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO theirs VALUES (1)")
        migrating = asyncio.create_task(migrate(f"sqlite:///{file}"))
        await asyncio.wait([migrating], timeout=0.5)
        assert not migrating.done()
        other.execute("COMMIT")
    await migrating


async def test_a_migration_that_was_cut_off_goes_on(url: str, store: SqlHistoryStore) -> None:
    """MariaDB keeps the tables that were made before the process died."""
    await migrate(url, REVISIONS[0])
    await _execute(url, "DROP TABLE task_labels")
    await _execute(url, f"DELETE FROM {VERSION_TABLE}")
    await migrate(url)
    await store.check()
    assert await _differences(url) == []


async def test_publishable_keys_go_with_the_version_that_knows_them_and_others_stay(url: str) -> None:
    """An older gateway could not hold them to their origins."""
    await migrate(url)
    keys = SqlKeyStore(url, LIMITS)
    usual: dict[str, Any] = {"client": "blog", "quota_rate_per_s": 0.5, "quota_burst": 7, "expires_at_ms": 0}
    secret, other = (KeySecret.fresh(bytes([number]) * ENTROPY_BYTES) for number in (1, 2))
    plain = KeyDraft(**usual, roles=["submit"]).key(secret, 1000)
    await keys.add(plain)
    await keys.add(KeyDraft(**usual, roles=["page"], origins=["https://blog.example"]).key(other, 1000))
    await downgrade(url, "0004")
    await migrate(url)
    assert await keys.page("", None, 10) == [plain]
    await keys.close()


async def test_a_change_that_was_cut_off_between_two_columns_goes_on(url: str, store: SqlHistoryStore) -> None:
    """MariaDB keeps the column that was added before the process died."""
    await migrate(url, "0004")
    await _execute(url, "ALTER TABLE api_keys ADD COLUMN reader_burst INTEGER NULL")
    await migrate(url)
    await store.check()
    await _execute(url, "ALTER TABLE api_keys DROP COLUMN reader_burst")
    await downgrade(url, "0004")
    await migrate(url)
    assert await _differences(url) == []


def _tasks(first: int) -> list[TaskRecord]:
    """Of last month, now, soon, years ago, of no time at all, of a key."""
    now_ms = wall_clock_ms()
    moments = [now_ms - 31 * DAY_MS, now_ms, now_ms + 31 * DAY_MS, now_ms - 3000 * DAY_MS, now_ms + 3000 * DAY_MS]
    fresh = [TaskId.fresh(moment, first.to_bytes(10, "big")).value for moment in moments]
    others = [f"t{first}", f"-{first}", f"000000000000-{first}", TaskId.of_key("blog", str(first), bytes(16)).value]
    return [record for number, task_id in enumerate([*fresh, *others], first) for record in past(task_id, number + 1)]


def _whole(task: PastTask | None) -> Execution | None:
    return None if task is None else task.execution


def _new_database(server: PostgresServer | MariadbServer) -> str:
    name = f"new{next(_numbers)}"
    server.create_database(name)
    return server.url(name)


async def _execute(url: str, statement: str) -> None:
    engine = open_engine(database_url(url), LIMITS)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def _tables(url: str) -> list[str]:
    engine = open_engine(database_url(url), LIMITS)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await engine.dispose()
    return names


async def _differences(url: str) -> list[object]:
    """Between the tables that are there, without their partitions, and those that we say there are."""

    def is_ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or not str(name).startswith(
            tuple(f"{table}_{part}" for table in METADATA.tables for part in ("2", "keyed", "rest"))
        )

    def compare(connection: Connection) -> list[object]:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "include_name": is_ours}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))

    engine = open_engine(database_url(url), LIMITS)
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found
