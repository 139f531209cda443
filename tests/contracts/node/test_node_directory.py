"""What the heartbeat relies on, of the fake as of the real adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import aetcd
import msgspec
import pytest
import pytest_asyncio

from chassis.etcd import EtcdSettings
from node.application.ports import NodeDirectory
from node.infrastructure.directory import EtcdNodeDirectory
from schemas import names
from schemas.node import NodeRecord
from tests.builders import a_node_record
from tests.contracts.implementations import ETCD, MEMORY, picked
from tests.fakes.node import MemoryDirectory
from tests.servers import EtcdServer
from tests.servers.waiting import eventually


@dataclass
class Parts:
    """The directory as the node ``n1`` has it, and its entry as others see it."""

    directory: NodeDirectory
    entry: Callable[[], Awaitable[NodeRecord | None]]

    async def shows(self, record: NodeRecord | None) -> None:
        """Returns once the entry is that. Raises TimeoutError."""

        async def is_shown() -> bool:
            return await self.entry() == record

        await eventually(is_shown)


@pytest.fixture
def memory_parts() -> Parts:
    directory = MemoryDirectory()

    async def entry() -> NodeRecord | None:
        return directory.records[-1] if directory.records else None

    return Parts(directory, entry)


@pytest_asyncio.fixture
async def etcd_parts(etcd_server: EtcdServer) -> AsyncIterator[Parts]:
    directory = EtcdNodeDirectory(EtcdSettings(endpoints=[etcd_server.endpoint]), "n1")
    running = asyncio.create_task(directory.run())
    async with aetcd.Client(host="127.0.0.1", port=etcd_server.port) as client:

        async def entry() -> NodeRecord | None:
            found = await client.get(names.node_key("n1").encode())
            return msgspec.json.decode(found.value, type=NodeRecord) if found else None

        yield Parts(directory, entry)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await directory.withdraw()


@pytest_asyncio.fixture
async def away_from_etcd() -> AsyncIterator[EtcdNodeDirectory]:
    directory = EtcdNodeDirectory(EtcdSettings(endpoints=["127.0.0.1:1"]), "n1")
    running = asyncio.create_task(directory.run())
    yield directory
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.fixture(params=[MEMORY, ETCD])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def test_a_node_that_announced_nothing_has_no_entry(parts: Parts) -> None:
    assert await parts.entry() is None


async def test_what_a_node_announced_last_is_its_entry(parts: Parts) -> None:
    await parts.directory.announce(a_node_record("n1", labels={"rack": "3"}))
    await parts.shows(a_node_record("n1", labels={"rack": "3"}))
    await parts.directory.announce(a_node_record("n1", running=2))
    await parts.shows(a_node_record("n1", running=2))


async def test_a_node_that_withdrew_has_no_entry(parts: Parts) -> None:
    await parts.directory.announce(a_node_record("n1"))
    await parts.shows(a_node_record("n1"))
    await parts.directory.withdraw()
    await parts.shows(None)


async def test_a_node_may_withdraw_what_it_never_announced(parts: Parts) -> None:
    await parts.directory.withdraw()
    assert await parts.entry() is None


async def test_while_the_directory_is_away_nothing_is_raised(away_from_etcd: EtcdNodeDirectory) -> None:
    await away_from_etcd.announce(a_node_record("n1"))
    await away_from_etcd.withdraw()
