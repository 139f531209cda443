"""Orders to nodes over a real server."""

from __future__ import annotations

import json

import msgspec
from nats.aio.msg import Msg

from broker_gateway.infrastructure.bus.control import BusNodeControl
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.node import CancelReply
from tests.integration.gateway.declared_bus import Connect


async def answering(bus: BusConnection, subject: str, answer: object) -> list[object]:
    """A node's end; what it heard."""
    heard: list[object] = []

    async def on_order(message: Msg) -> None:
        heard.append(json.loads(message.data))
        await message.respond(msgspec.json.encode(answer))

    client = await bus.client()
    await client.subscribe(subject, cb=on_order)
    await bus.settle(client)
    return heard


async def test_the_node_that_runs_a_task_is_told_and_named(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    heard = await answering(node, names.CANCEL_WILDCARD, CancelReply(id="a", node_id="node-7"))
    assert await BusNodeControl(gateway).cancel("a", "asked to", 5) == "node-7"
    assert heard == [{"id": names.task_digest("a"), "reason": "asked to"}]  # nodes of other pools hear it too


async def test_where_no_node_listens_nobody_is_named_at_once(bus: BusConnection) -> None:
    assert await BusNodeControl(bus).cancel("a", "", 60) is None


async def test_where_no_node_runs_it_nobody_is_named_after_the_time(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    client = await node.client()
    await client.subscribe(names.CANCEL_WILDCARD)
    await node.settle(client)
    assert await BusNodeControl(gateway).cancel("a", "", 0.05) is None


async def test_a_node_takes_an_order(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    heard = await answering(node, names.node_subject("node-7"), {})
    assert await BusNodeControl(gateway).order("node-7", "drain", 5)
    assert not await BusNodeControl(gateway).order("node-8", "drain", 5)
    assert heard == [{"order": "drain", "talk": None}]
