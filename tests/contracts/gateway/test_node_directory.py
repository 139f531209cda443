"""What admission and the catalogue rely on, of the fake as of the real adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aetcd
import msgspec
import pytest
import pytest_asyncio

from broker_gateway.application.ports import NodeDirectory
from broker_gateway.infrastructure.directory import EtcdNodeDirectory
from chassis.etcd import EtcdSettings
from schemas import names
from schemas.node import NodeRecord
from tests.builders import a_language_record, a_node_record
from tests.contracts.implementations import ETCD, MEMORY, picked
from tests.fakes.live_nodes import MemoryNodeDirectory
from tests.servers import EtcdServer

PATIENCE_S = 10.0


@dataclass
class Parts:
    """The live nodes, and what nodes do; the directory shows it when that returns."""

    directory: NodeDirectory
    announces: Callable[[NodeRecord], Awaitable[None]]
    leaves: Callable[[str], Awaitable[None]]

    def known(self) -> dict[str, NodeRecord]:
        return {record.id: record for record in self.directory.nodes()}


@pytest.fixture
def memory_parts() -> Parts:
    directory = MemoryNodeDirectory()

    async def announces(record: NodeRecord) -> None:
        directory.announce(record)

    async def leaves(node_id: str) -> None:
        directory.withdraw(node_id)

    return Parts(directory, announces, leaves)


@pytest_asyncio.fixture
async def etcd_parts(etcd_server: EtcdServer) -> AsyncIterator[Parts]:
    directory = EtcdNodeDirectory(EtcdSettings(endpoints=[etcd_server.endpoint]))
    directory.start()
    await asyncio.wait_for(directory.synced.wait(), PATIENCE_S)
    async with aetcd.Client(host="127.0.0.1", port=etcd_server.port) as client:

        async def shows(node_id: str, record: NodeRecord | None) -> None:
            async with asyncio.timeout(PATIENCE_S):
                while known.known().get(node_id) != record:
                    await directory.changed()

        async def announces(record: NodeRecord) -> None:
            await client.put(names.node_key(record.id).encode(), msgspec.json.encode(record))
            await shows(record.id, record)

        async def leaves(node_id: str) -> None:
            await client.delete(names.node_key(node_id).encode())
            await shows(node_id, None)

        known = Parts(directory, announces, leaves)
        yield known
    await directory.close()


@pytest.fixture(params=[MEMORY, ETCD])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def test_without_nodes_nobody_is_known(parts: Parts) -> None:
    assert list(parts.directory.nodes()) == []


async def test_a_node_is_known_whole_and_as_it_last_said(parts: Parts) -> None:
    await parts.announces(a_node_record("a", a_language_record("go", "1.24", compiled=True), labels={"rack": "3"}))
    again = a_node_record("a", running=3)
    await parts.announces(again)
    await parts.announces(a_node_record("b"))
    assert parts.known() == {"a": again, "b": a_node_record("b")}


async def test_a_node_that_left_is_not_known(parts: Parts) -> None:
    await parts.announces(a_node_record("a"))
    await parts.announces(a_node_record("b"))
    await parts.leaves("a")
    assert list(parts.known()) == ["b"]


async def test_a_record_that_has_not_changed_stays_the_same_object(parts: Parts) -> None:
    await parts.announces(a_node_record("a"))
    before = parts.known()["a"]
    await parts.announces(a_node_record("b"))
    assert parts.known()["a"] is before


async def test_a_sequence_that_was_given_out_does_not_change(parts: Parts) -> None:
    await parts.announces(a_node_record("a"))
    given = parts.directory.nodes()
    await parts.announces(a_node_record("b"))
    await parts.leaves("a")
    assert [record.id for record in given] == ["a"]
