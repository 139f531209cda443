"""The consumers that the nodes of a pool share: who makes them, and what a server is spared."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from node.infrastructure.bus.consumers import Consumers
from node.infrastructure.bus.pull import Queue
from schemas import names
from schemas.status import Priority
from schemas.topology import JsonObject
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.servers.bus import node_connection
from tests.servers.nats import NatsServer
from tests.servers.waiting import eventually

QUEUE = Queue("default", Priority.NORMAL)
NAME = names.queue_consumer(QUEUE.pool, QUEUE.priority)
CROWD = 40
DECLARE = "$JS.API.CONSUMER.DURABLE.CREATE"

OfNode = Callable[[str, float], Awaitable[Consumers]]


@pytest_asyncio.fixture
async def of_node(nats_server: NatsServer) -> AsyncIterator[OfNode]:
    """Each node has a connection of its own."""
    async with AsyncExitStack() as stack:

        async def make(node_id: str, ack_wait_s: float = 5.0) -> Consumers:
            bus = await node_connection(nats_server.url, node_id)
            stack.push_async_callback(bus.close)
            return Consumers(bus, ack_wait_s, node_id)

        yield make


class Declarations:
    """Those that a server was asked for, and how many of them it carried out."""

    def __init__(self) -> None:
        self.asked = self.answered = self.done = 0

    async def request(self, _message: Msg) -> None:
        self.asked += 1

    async def audit(self, message: Msg) -> None:
        told = json.loads(message.data)
        if told["subject"].startswith(DECLARE):
            self.answered += 1
            self.done += "error" not in json.loads(told["response"])


@pytest_asyncio.fixture
async def declared(gateway: GatewayStandIn) -> Declarations:
    heard = Declarations()
    await gateway.client.subscribe(f"{DECLARE}.>", cb=heard.request)
    await gateway.client.subscribe("$JS.EVENT.ADVISORY.API", cb=heard.audit)
    await gateway.client.flush()
    return heard


async def config(gateway: GatewayStandIn) -> dict[str, object]:
    found: dict[str, object] = (await gateway.ask(f"CONSUMER.INFO.{names.STREAM_TASKS}.{NAME}", {}))["config"]
    return found


async def test_a_consumer_that_is_there_is_looked_at_and_not_declared_again(
    gateway: GatewayStandIn, declared: Declarations, of_node: OfNode
) -> None:
    assert await (await of_node("n1", 5.0)).ensured(QUEUE)
    await eventually(lambda: declared.asked == 1)
    heir = await of_node("n2", 5.0)
    for _ in range(3):
        heir.doubt(QUEUE)
        assert await heir.ensured(QUEUE)
    await gateway.client.flush()
    assert declared.asked == 1


async def test_of_many_nodes_that_find_nothing_at_once_one_makes_it_and_all_have_it(
    gateway: GatewayStandIn, declared: Declarations, of_node: OfNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = await asyncio.gather(*(of_node(f"n{number}", 5.0) for number in range(CROWD)))
    together, find = asyncio.Barrier(CROWD), Consumers._find

    async def find_together(self: Consumers, config: JsonObject) -> JsonObject | None:
        found = await find(self, config)
        if found is None:
            await together.wait()
        return found

    monkeypatch.setattr(Consumers, "_find", find_together)
    assert all(await asyncio.gather(*(one.ensured(QUEUE) for one in crowd)))
    await eventually(lambda: declared.answered == CROWD)
    assert (declared.asked, declared.done) == (CROWD, 1)


async def test_a_consumer_with_another_ack_wait_is_made_ours(gateway: GatewayStandIn, of_node: OfNode) -> None:
    assert await (await of_node("n1", 5.0)).ensured(QUEUE)
    assert (await config(gateway))["ack_wait"] == 5_000_000_000
    assert await (await of_node("n2", 2.5)).ensured(QUEUE)
    assert (await config(gateway))["ack_wait"] == 2_500_000_000


async def test_where_none_can_be_made_the_pauses_grow_up_to_a_bound_and_begin_anew_after_success(
    gateway: GatewayStandIn, of_node: OfNode
) -> None:
    consumers = await of_node("n1", 5.0)
    await gateway.ask(f"STREAM.DELETE.{names.STREAM_TASKS}", {})
    for whole_s in (1, 2, 4, 8, 8, 8):
        await fails_and_pauses(consumers, whole_s)
    await gateway.open()
    assert await consumers.ensured(QUEUE)
    consumers.doubt(QUEUE)
    await gateway.ask(f"STREAM.DELETE.{names.STREAM_TASKS}", {})
    await fails_and_pauses(consumers, 1)


async def fails_and_pauses(consumers: Consumers, whole_s: float) -> None:
    """For between half and all of that."""
    loop = asyncio.get_running_loop()
    before = loop.time()
    assert not await consumers.ensured(QUEUE)
    again_at = consumers._ask_again_at[QUEUE]
    assert not consumers.in_doubt(QUEUE, again_at - 0.001)
    assert consumers.in_doubt(QUEUE, again_at)
    assert again_at - before >= whole_s / 2
    assert again_at - loop.time() <= whole_s
