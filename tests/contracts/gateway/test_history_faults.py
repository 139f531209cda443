"""A database that is away, slow, or does not let us in: said in words, and found again by the next call."""

from __future__ import annotations

import asyncio
import threading
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from broker_gateway.application.history_ports import HistoryUnavailableError, Retention
from broker_gateway.application.ports import TaskFilter
from broker_gateway.infrastructure.history.engine import DatabaseLimits, database_url, open_engine
from broker_gateway.infrastructure.history.failures import answering
from broker_gateway.infrastructure.history.migration import migrate
from broker_gateway.infrastructure.history.store import SqlHistoryStore
from tests.contracts.gateway.histories import LIMITS, empty, past
from tests.contracts.implementations import MARIADB, POSTGRES, picked
from tests.servers import MariadbServer, PostgresServer
from tests.servers.database import PASSWORD, DatabaseServer
from tests.servers.ports import free_port

SHORT = DatabaseLimits(connect_s=1.0, statement_s=0.3)
SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
    "mariadb": "SELECT count(*) FROM seq_1_to_100000 a, seq_1_to_100000 b",
}


@pytest.fixture
def postgres_server(shared_postgres: PostgresServer) -> PostgresServer:
    return shared_postgres


@pytest.fixture
def mariadb_server(shared_mariadb: MariadbServer) -> MariadbServer:
    return shared_mariadb


@pytest.fixture(params=[POSTGRES, MARIADB])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    found: DatabaseServer = picked(request)
    return found


@pytest_asyncio.fixture
async def store(server: DatabaseServer) -> AsyncIterator[SqlHistoryStore]:
    await migrate(server.url())
    await empty(server.url())
    async with _opened(server.url()) as store:
        yield store


async def test_a_killed_database_is_said_and_found_again(server: DatabaseServer, store: SqlHistoryStore) -> None:
    await store.record(past("before", 1))
    server.kill()
    try:
        for call in _every_call(store):
            with pytest.raises(HistoryUnavailableError) as refusal:
                await call()
            assert _is_discreet(refusal.value)
    finally:
        server.start()
    await store.check()
    await store.record(past("after", 2))
    assert [task.execution.id for task in await store.page(TaskFilter(), None, 10)] == ["after", "before"]
    whole = await store.find("before")
    assert whole is not None
    assert whole.execution.run is not None


async def test_what_is_written_while_the_database_is_killed_is_stored_whole_or_not_at_all(
    server: DatabaseServer, store: SqlHistoryStore
) -> None:
    stored: set[int] = set()
    failed: set[int] = set()
    some = asyncio.Event()

    async def write(batch: int) -> None:
        label = {"batch": str(batch)}
        records = [one for number in range(20) for one in past(f"t{batch}-{number}", batch * 20 + number, labels=label)]
        try:
            await store.record(records)
        except HistoryUnavailableError:
            failed.add(batch)
        else:
            stored.add(batch)
            if len(stored) == 10:
                some.set()

    async def writer(first: int) -> None:
        for batch in range(first, first + 40):
            await write(batch)

    writers = [asyncio.create_task(writer(first)) for first in (1, 101)]
    await some.wait()
    server.kill()
    await asyncio.gather(*writers)
    server.start()
    assert failed
    for batch in stored | failed:
        count = await store.count(TaskFilter(labels={"batch": str(batch)}))
        assert count == 20 if batch in stored else count in (0, 20), batch
    for batch in sorted(failed):
        await write(batch)
    assert await store.count(TaskFilter()) == 20 * 80


async def test_a_paused_database_holds_no_call_for_longer_than_it_may_take(shared_mariadb: MariadbServer) -> None:
    await migrate(shared_mariadb.url())
    async with _opened(shared_mariadb.url(), SHORT) as store:
        await store.check()
        shared_mariadb.pause()
        try:
            started = time.monotonic()
            with pytest.raises(HistoryUnavailableError, match="did not answer within"):
                await store.find("t")
            assert time.monotonic() - started < SHORT.call_s + 2
        finally:
            shared_mariadb.resume()
        await store.check()


async def test_a_table_that_somebody_locks_holds_no_writer_for_ever(shared_postgres: PostgresServer) -> None:
    await migrate(shared_postgres.url())
    engine = open_engine(database_url(shared_postgres.url()), LIMITS)
    async with _opened(shared_postgres.url(), SHORT) as store:
        async with engine.begin() as connection:
            await connection.execute(text("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(HistoryUnavailableError, match="statement timeout"):
                await store.record(past("t", 1))
        await store.record(past("t", 1))
    await engine.dispose()


async def test_the_database_itself_ends_a_statement_that_takes_too_long(server: DatabaseServer) -> None:
    await _ends_what_is_slow(server.url())


async def test_sqlite_ends_a_statement_that_takes_too_long(tmp_path: Path) -> None:
    await _ends_what_is_slow(f"sqlite:///{tmp_path / 'history.db'}")


async def test_a_wrong_password_is_not_told(server: DatabaseServer) -> None:
    async with _opened(server.url(password="the-wrong-secret")) as store:
        with pytest.raises(HistoryUnavailableError) as refusal:
            await store.check()
    assert "the-wrong-secret" not in _all_of(refusal.value)


@pytest.mark.parametrize("scheme", ["postgresql", "mariadb", "mysql"])
async def test_nobody_at_the_address_is_said_without_the_password(scheme: str) -> None:
    async with _opened(f"{scheme}://user:{PASSWORD}@127.0.0.1:{free_port()}/history", SHORT) as store:
        for call in _every_call(store):
            with pytest.raises(HistoryUnavailableError) as refusal:
                await call()
            assert _is_discreet(refusal.value)


@pytest.mark.parametrize("url", [f"oracle://user:{PASSWORD}@host/name", f"nonsense {PASSWORD}", "", "sqlite+x:///a"])
def test_a_url_that_is_none_of_ours_is_refused_without_the_password(url: str) -> None:
    with pytest.raises(ValueError, match="database") as refusal:
        SqlHistoryStore(url)
    assert PASSWORD not in _all_of(refusal.value)


async def test_a_fault_of_ours_is_not_taken_for_the_databases(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'history.db'}"
    await migrate(url)
    async with _opened(url) as store:
        with pytest.raises(ValueError, match="ten"):
            await store.page(TaskFilter(), None, "ten")  # type: ignore[arg-type]  # what no caller may do
        with pytest.raises(AttributeError):
            await store.record([None])  # type: ignore[list-item]  # as above


def _every_call(store: SqlHistoryStore) -> list[Callable[[], Awaitable[object]]]:
    return [
        lambda: store.find("private-id"),
        lambda: store.page(TaskFilter(error_text="private-id"), None, 10),
        lambda: store.count(TaskFilter(client="private-id")),
        lambda: store.record(past("private-id", 9)),
        lambda: store.forget(Retention(age_s=0.0), 1 << 40, 10),
        store.check,
    ]


def _is_discreet(error: HistoryUnavailableError) -> bool:
    said = _all_of(error)
    return PASSWORD not in said and "private-id" not in said and bool(str(error))


def _all_of(error: BaseException) -> str:
    """All that a log could show of it, without the lines of code."""
    return "".join(traceback.TracebackException.from_exception(error).format_exception_only()) + repr(error.__cause__)


async def _ends_what_is_slow(url: str) -> None:
    engine = open_engine(database_url(url), SHORT)
    started = time.monotonic()
    with pytest.raises(HistoryUnavailableError) as refusal:
        async with answering(30.0), engine.connect() as connection:
            await connection.execute(text(SLOW[database_url(url).get_backend_name()]))
    assert "30 s" not in str(refusal.value)
    assert time.monotonic() - started < 10
    async with answering(5.0), engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()


@asynccontextmanager
async def _opened(url: str, limits: DatabaseLimits = LIMITS) -> AsyncIterator[SqlHistoryStore]:
    store = SqlHistoryStore(url, limits)
    try:
        yield store
    finally:
        await store.close()


async def test_a_file_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "history.db"
    await migrate(f"sqlite:///{file}")
    assert {one.name: oct(one.stat().st_mode & 0o077) for one in file.parent.iterdir()} == {"history.db": "0o0"}


async def test_a_place_where_no_file_can_be_is_told_by_who_asks(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = SqlHistoryStore(f"sqlite:///{tmp_path}/file/history.db")
    with pytest.raises(HistoryUnavailableError):
        await store.check()
    await store.close()
    for thread in threading.enumerate():  # the driver's, which may outlive a connection that failed
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5.0)
