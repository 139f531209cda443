"""The consumers that the nodes of a pool share: a node waits for those that the gateway makes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.msg import Msg

from node.infrastructure.bus.consumers import UNKNOWN_ACK_WAIT_S, Consumers
from node.infrastructure.bus.pull import Queue
from schemas import names
from schemas.status import Priority, Status
from tests.builders import a_task
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.running_nodes import StartNode
from tests.servers.bus import node_connection
from tests.servers.nats import NatsServer
from tests.servers.settling import settled

QUEUE = Queue("later", Priority.NORMAL)


@pytest_asyncio.fixture
async def consumers(nats_server: NatsServer) -> AsyncIterator[Consumers]:
    bus = await node_connection(nats_server.url)
    yield Consumers(bus)
    await bus.close()


async def test_a_node_asks_for_consumers_and_never_makes_one(gateway: GatewayStandIn, start_node: StartNode) -> None:
    declared: list[str] = []

    async def hear(message: Msg) -> None:
        declared.append(message.subject)

    await gateway.client.subscribe("$JS.API.CONSUMER.CREATE.>", cb=hear)
    await gateway.client.subscribe("$JS.API.CONSUMER.DURABLE.CREATE.>", cb=hear)
    await settled(gateway.client)
    await start_node(pools=["default", "later"])
    await gateway.submit(a_task("a"))
    await gateway.result("a")
    await settled(gateway.client)
    assert declared == []


async def test_a_node_whose_consumer_is_not_there_yet_goes_on_when_it_is(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    await start_node(pools=["later"])
    await gateway.submit(a_task("a", pool="later"))
    await gateway.queues("later")
    assert (await gateway.result("a")).status is Status.SUCCEEDED


async def test_the_ack_wait_is_what_the_gateway_has_set(gateway: GatewayStandIn, consumers: Consumers) -> None:
    assert consumers.ack_wait_s == UNKNOWN_ACK_WAIT_S
    await gateway.queues(QUEUE.pool, ack_wait_s=2.5)
    assert await consumers.found(QUEUE)
    assert consumers.ack_wait_s == 2.5
    await gateway.queues(QUEUE.pool, ack_wait_s=7.5)
    consumers.doubt(QUEUE)
    assert await consumers.found(QUEUE)
    assert consumers.ack_wait_s == 7.5


async def test_where_there_is_none_the_pauses_grow_up_to_a_bound_and_begin_anew_after_success(
    gateway: GatewayStandIn, consumers: Consumers
) -> None:
    for whole_s in (0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0):
        await fails_and_pauses(consumers, whole_s)
    await gateway.queues(QUEUE.pool)
    assert await consumers.found(QUEUE)
    consumers.doubt(QUEUE)
    await gateway.ask(f"STREAM.DELETE.{names.STREAM_TASKS}", {})
    await fails_and_pauses(consumers, 0.1)


async def fails_and_pauses(consumers: Consumers, whole_s: float) -> None:
    """For between half and all of that."""
    loop = asyncio.get_running_loop()
    before = loop.time()
    assert not await consumers.found(QUEUE)
    again_at = consumers._ask_again_at[QUEUE]
    assert not consumers.in_doubt(QUEUE, again_at - 0.001)
    assert consumers.in_doubt(QUEUE, again_at)
    assert again_at - before >= whole_s / 2
    assert again_at - loop.time() <= whole_s
