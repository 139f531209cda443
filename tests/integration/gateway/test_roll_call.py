"""Nodes that are asked over a real bus because etcd is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from nats.aio.msg import Msg

from broker_gateway.infrastructure.bus import roll_call
from broker_gateway.infrastructure.bus.roll_call import RollCall
from broker_gateway.infrastructure.directory import EtcdNodeDirectory
from chassis.etcd import EtcdSettings
from chassis.nats.connection import BusConnection
from schemas import names
from tests.builders import a_node_record
from tests.integration.gateway.declared_bus import Connect
from tests.servers import EtcdServer
from tests.servers.ports import free_port


async def answers(bus: BusConnection, *payloads: bytes) -> asyncio.Event:
    """A node for each; set when they have been asked."""
    client, asked = await bus.client(), asyncio.Event()

    async def answer(message: Msg) -> None:
        asked.set()
        for payload in payloads:
            await message.respond(payload)

    await client.subscribe(names.ROLL_CALL, cb=answer)
    await bus.settle(client)
    return asked


@asynccontextmanager
async def directory(bus: BusConnection, endpoint: str) -> AsyncIterator[EtcdNodeDirectory]:
    """With a roll call behind it."""
    followed = EtcdNodeDirectory(EtcdSettings(endpoints=[endpoint], reconnect_base_s=0.05, reconnect_max_s=0.1))
    followed.start()
    calling = asyncio.create_task(RollCall(bus, followed).run())
    try:
        yield followed
    finally:
        calling.cancel()
        await asyncio.wait([calling])
        assert calling.cancelled()
        await followed.close()


async def test_nodes_that_answer_are_known_and_what_is_no_node_is_not(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    good = [msgspec.json.encode(a_node_record(name)) for name in ("b", "a")]
    await answers(node, b"{", *good, msgspec.json.encode(a_node_record("not.a.name")))
    async with directory(gateway, f"127.0.0.1:{free_port()}") as known, asyncio.timeout(10):
        await known.synced.wait()
        assert known.nodes() == (a_node_record("a"), a_node_record("b"))


async def test_nobody_is_known_while_nobody_answers(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_call, "ANSWERS_S", 0.05)
    node, gateway = await connect(), await connect()
    asked = await answers(node)
    async with directory(gateway, f"127.0.0.1:{free_port()}") as known, asyncio.timeout(10):
        for _ in range(2):
            await asked.wait()
            asked.clear()
        assert not known.synced.is_set()
        await answers(node, msgspec.json.encode(a_node_record("late")))
        await known.synced.wait()
        assert [one.id for one in known.nodes()] == ["late"]


async def test_etcd_knows_better_where_it_is_there(etcd_server: EtcdServer) -> None:
    followed = EtcdNodeDirectory(EtcdSettings(endpoints=[etcd_server.endpoint]))
    followed.start()
    async with asyncio.timeout(10):
        await followed.synced.wait()
    followed.take_in([a_node_record("late-answer")])
    assert followed.nodes() == ()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await followed.away()
    await followed.close()
