"""Where it is kept who joined, in memory and on a real bus: one suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from broker_gateway.application.join_ports import JoinedNodes, NoRoomError
from broker_gateway.infrastructure.bus.joined_nodes import BusJoinedNodes
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from schemas import topology
from schemas.joined import JoinedNode, joined_subject
from schemas.topology import BusLimits
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.fakes.memory_joins import MemoryJoinedNodes
from tests.integration.gateway.declared_bus import declared_bus, start_empty
from tests.servers import NatsServer

ROOM = 5
JOINS = BusLimits(joins=True)


@pytest.fixture
def memory_nodes() -> JoinedNodes:
    return MemoryJoinedNodes(ROOM)


@pytest_asyncio.fixture
async def nats_nodes(nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[JoinedNodes]:
    monkeypatch.setattr(topology, "MAX_NODES", ROOM)
    await start_empty(nats_server)
    async with declared_bus(nats_server, JOINS) as bus:
        yield BusJoinedNodes(bus)


@pytest.fixture(params=[MEMORY, NATS])
def nodes(request: pytest.FixtureRequest) -> JoinedNodes:
    found: JoinedNodes = picked(request)
    return found


def a_node(node_id: str, key: str = "A", **fields: object) -> JoinedNode:
    node = JoinedNode(node_id=node_id, pools=["default"], nats_public_key=f"U{key * 55}", joined_at_ms=1, by="lab")
    return msgspec.structs.replace(node, **fields)


async def test_a_node_is_found_as_it_was_kept_and_another_is_not(nodes: JoinedNodes) -> None:
    assert await nodes.find("n1") is None
    assert await nodes.put(a_node("n1"), after=0)
    found = await nodes.find("n1")
    assert found is not None
    assert found.node == a_node("n1")
    assert await nodes.find("n2") is None


async def test_of_many_that_want_one_id_at_once_one_has_it(nodes: JoinedNodes) -> None:
    keys = "ABCDEFGH"
    won = await asyncio.gather(*(nodes.put(a_node("n1", key), after=0) for key in keys))
    assert won.count(True) == 1
    found = await nodes.find("n1")
    assert found is not None
    assert found.node == a_node("n1", keys[won.index(True)])


async def test_what_has_changed_meanwhile_is_neither_replaced_nor_taken_away(nodes: JoinedNodes) -> None:
    await nodes.put(a_node("n1"), after=0)
    before = await nodes.find("n1")
    assert before is not None
    assert await nodes.put(a_node("n1", pools=["gpu"]), after=before.revision)
    assert not await nodes.put(a_node("n1", pools=["other"]), after=before.revision)
    assert not await nodes.remove(before)
    now = await nodes.find("n1")
    assert now is not None
    assert now.node.pools == ["gpu"]
    assert await nodes.remove(now)
    assert not await nodes.remove(now)
    assert await nodes.find("n1") is None
    assert await nodes.put(a_node("n1", "B"), after=0)


async def test_pages_go_on_where_the_one_before_ended(nodes: JoinedNodes) -> None:
    assert await nodes.page(0, 10) == []
    for node_id in ("c", "a", "b", "d"):
        await nodes.put(a_node(node_id), after=0)
    gone = await nodes.find("a")
    assert gone is not None
    await nodes.remove(gone)
    first = await nodes.page(0, 2)
    rest = await nodes.page(first[-1].revision, 2)
    assert [one.node.node_id for one in (*first, *rest)] == ["c", "b", "d"]
    assert await nodes.page(rest[-1].revision, 2) == []


async def test_where_there_is_no_room_a_node_is_refused_and_one_that_is_there_may_change(nodes: JoinedNodes) -> None:
    for number in range(ROOM):
        assert await nodes.put(a_node(f"n{number}"), after=0)
    with pytest.raises(NoRoomError):
        await nodes.put(a_node("more"), after=0)
    found = await nodes.find("n0")
    assert found is not None
    assert await nodes.put(a_node("n0", pools=["gpu"]), after=found.revision)
    assert await nodes.remove((await nodes.page(0, 1))[0])
    assert await nodes.put(a_node("more"), after=0)


@pytest.mark.servers
async def test_where_no_nodes_may_join_there_is_no_stream_of_them(nats_server: NatsServer) -> None:
    await start_empty(nats_server)
    async with declared_bus(nats_server) as bus:
        with pytest.raises(jetstream.JetStreamError):
            await BusJoinedNodes(bus).find("n1")


@pytest.mark.servers
async def test_what_is_not_understood_lets_nobody_in(nats_server: NatsServer) -> None:
    await start_empty(nats_server)
    async with declared_bus(nats_server, JOINS) as bus:
        await jetstream.store(bus, joined_subject("n1"), b'{"node_id": 7}')
        with pytest.raises(BusUnavailableError, match="not understood"):
            await BusJoinedNodes(bus).find("n1")
