"""The API keys, in memory and in each database: one suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from broker_gateway.application.key_ports import KeyCursor, KeyStore, KeysUnavailableError
from broker_gateway.domain.api_key import ENTROPY_BYTES, ApiKey, KeyDraft, KeySecret
from broker_gateway.domain.client_role import GIVEN_ROLES
from broker_gateway.infrastructure.history.engine import DatabaseLimits, database_url, open_engine
from broker_gateway.infrastructure.history.keys import SqlKeyStore
from broker_gateway.infrastructure.history.migration import migrate
from tests.contracts.gateway.histories import LIMITS, empty
from tests.contracts.implementations import MARIADB, MEMORY, POSTGRES, SQLITE, picked
from tests.fakes.memory_keys import MemoryKeyStore
from tests.servers import MariadbServer, PostgresServer
from tests.servers.database import PASSWORD, DatabaseServer
from tests.servers.ports import free_port

ORIGINS = [f"https://{'x' * 63}.{'y' * 63}.{'z' * 63}.{number:055}.example:65535" for number in range(16)]
SHORT = DatabaseLimits(connect_s=1.0, statement_s=0.3, connections=2)


@asynccontextmanager
async def in_sql(url: str) -> AsyncIterator[SqlKeyStore]:
    await migrate(url)
    await empty(url)
    store = SqlKeyStore(url, LIMITS)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
def memory_keys() -> KeyStore:
    return MemoryKeyStore()


@pytest_asyncio.fixture
async def sqlite_keys(tmp_path: Path) -> AsyncIterator[KeyStore]:
    async with in_sql(f"sqlite:///{tmp_path / 'history.db'}") as store:
        yield store


@pytest_asyncio.fixture
async def postgres_keys(shared_postgres: PostgresServer) -> AsyncIterator[KeyStore]:
    async with in_sql(shared_postgres.url()) as store:
        yield store


@pytest_asyncio.fixture
async def mariadb_keys(shared_mariadb: MariadbServer) -> AsyncIterator[KeyStore]:
    async with in_sql(shared_mariadb.url()) as store:
        yield store


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRES, MARIADB])
def keys(request: pytest.FixtureRequest) -> KeyStore:
    found: KeyStore = picked(request)
    return found


def a_key(number: int, at_ms: int = 1000, **fields: Any) -> ApiKey:
    usual = {"client": "blog", "roles": ["submit"], "quota_rate_per_s": 0.0, "quota_burst": 0, "expires_at_ms": 0}
    draft = KeyDraft(**{**usual, **fields})
    return draft.key(KeySecret.fresh(number.to_bytes(8, "big") + bytes(ENTROPY_BYTES - 8)), at_ms)


async def only(keys: KeyStore, key_id: str) -> ApiKey:
    (found,) = await keys.find([key_id])
    return found


async def test_a_key_is_found_as_it_was_stored(keys: KeyStore) -> None:
    plain = a_key(1)
    full = a_key(
        2, client="a,b'\\~", roles=list(GIVEN_ROLES), quota_rate_per_s=0.5, quota_burst=7, expires_at_ms=(1 << 53) - 1
    )
    of_pages = a_key(3, roles=["page"], origins=ORIGINS, reader_rate_per_s=0.1, reader_burst=7)
    for key in (plain, full, of_pages):
        await keys.add(key)
    found = await keys.find([plain.id, full.id, of_pages.id, "0" * 16])
    assert sorted(found, key=lambda key: key.id) == [plain, full, of_pages]
    assert await keys.find([]) == []


async def test_pages_go_from_the_newest_to_the_oldest_and_those_of_one_moment_by_their_ids(keys: KeyStore) -> None:
    made = [a_key(number, at_ms) for number, at_ms in ((1, 10), (5, 20), (3, 20), (4, 20), (2, 30))]
    for key in made:
        await keys.add(key)
    shown: list[ApiKey] = []
    after = None
    while page := await keys.page("", after, 2):
        shown += page
        after = KeyCursor(page[-1].created_at_ms, page[-1].id)
    assert [key.id[-1] for key in shown] == ["2", "5", "4", "3", "1"]


async def test_a_page_may_be_one_clients(keys: KeyStore) -> None:
    await keys.add(a_key(1, client="blog"))
    await keys.add(a_key(2, client="Blog"))
    assert [key.client for key in await keys.page("Blog", None, 10)] == ["Blog"]


async def test_a_key_is_revoked_once_and_for_all(keys: KeyStore) -> None:
    key = a_key(1)
    await keys.add(key)
    await keys.add(a_key(2))
    assert await keys.revoke(key.id, 5000) == replace(key, revoked_at_ms=5000)
    assert await keys.revoke(key.id, 9000) == replace(key, revoked_at_ms=5000)
    assert await only(keys, key.id) == replace(key, revoked_at_ms=5000)
    assert (await only(keys, a_key(2).id)).revoked_at_ms is None
    assert await keys.revoke("f" * 16, 5000) is None


async def test_the_last_use_is_the_latest_that_was_noted(keys: KeyStore) -> None:
    used, other = a_key(1), a_key(2)
    await keys.add(used)
    await keys.add(other)
    await keys.note_use([used.id, "f" * 16], 5000)
    await keys.note_use([used.id], 4000)
    await keys.note_use([], 6000)
    assert (await only(keys, used.id)).last_used_at_ms == 5000
    assert (await only(keys, other.id)).last_used_at_ms is None


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


async def test_a_database_that_was_killed_is_said_and_found_again(server: DatabaseServer) -> None:
    async with in_sql(server.url()) as store:
        await store.add(a_key(1))
        server.kill()
        try:
            for call in (store.find(["1"]), store.add(a_key(2)), store.page("", None, 1), store.revoke("1", 1)):
                with pytest.raises(KeysUnavailableError) as refusal:
                    await call
                assert PASSWORD not in str(refusal.value)
        finally:
            server.start()
        assert await only(store, a_key(1).id) == a_key(1)


async def test_a_database_that_is_nowhere_and_one_without_the_table_are_unavailable(tmp_path: Path) -> None:
    for url in (f"postgresql://u:{PASSWORD}@127.0.0.1:{free_port()}/n", f"sqlite:///{tmp_path / 'bare.db'}"):
        store = SqlKeyStore(url, SHORT)
        with pytest.raises(KeysUnavailableError) as refusal:
            await store.find(["1"])
        assert PASSWORD not in str(refusal.value)
        await store.close()


async def test_no_secret_is_in_the_database(sqlite_keys: SqlKeyStore, tmp_path: Path) -> None:
    secret = KeySecret.fresh(bytes(range(ENTROPY_BYTES)))
    draft = KeyDraft(client="blog", roles=["submit"], quota_rate_per_s=0.0, quota_burst=0, expires_at_ms=0)
    await sqlite_keys.add(draft.key(secret, 1000))
    engine = open_engine(database_url(f"sqlite:///{tmp_path / 'history.db'}"), LIMITS)
    async with engine.connect() as connection:
        (row,) = (await connection.execute(text("SELECT * FROM api_keys"))).all()
    await engine.dispose()
    assert secret.digest in row
    assert secret.text[20:-8] not in str(row)
