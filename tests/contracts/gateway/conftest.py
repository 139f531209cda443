"""The gateway's ports, in memory and on real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from broker_gateway.application.history_ports import HistoryStore
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from schemas.topology import BusLimits
from tests.contracts.gateway.bus_parts import MAX_TASKS, Parts, in_memory, on_nats
from tests.contracts.gateway.histories import Histories, in_sql
from tests.contracts.implementations import MARIADB, MEMORY, NATS, POSTGRES, SQLITE, picked
from tests.fakes.memory_history import MemoryHistory
from tests.integration.gateway.declared_bus import declared_bus, start_empty
from tests.servers import MariadbServer, NatsServer, PostgresServer


@pytest.fixture
def memory_parts() -> Parts:
    return in_memory()


@pytest_asyncio.fixture
async def nats_parts(nats_server: NatsServer) -> AsyncIterator[Parts]:
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits(tasks_max_msgs=MAX_TASKS)) as bus:
        lengths = QueueLengths(bus)
        yield on_nats(bus, lengths)
        await lengths.close()


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


@pytest.fixture
def memory_histories() -> Histories:
    store = MemoryHistory()
    return Histories(store, store)


@pytest_asyncio.fixture
async def sqlite_histories(tmp_path: Path) -> AsyncIterator[Histories]:
    async with in_sql(f"sqlite:///{tmp_path / 'history.db'}") as histories:
        yield histories


@pytest_asyncio.fixture
async def postgres_histories(shared_postgres: PostgresServer) -> AsyncIterator[Histories]:
    async with in_sql(shared_postgres.url()) as histories:
        yield histories


@pytest_asyncio.fixture
async def mariadb_histories(shared_mariadb: MariadbServer) -> AsyncIterator[Histories]:
    async with in_sql(shared_mariadb.url()) as histories:
        yield histories


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRES, MARIADB])
def histories(request: pytest.FixtureRequest) -> Histories:
    found: Histories = picked(request)
    return found


@pytest.fixture
def history(histories: Histories) -> HistoryStore:
    return histories.one
