"""A node that is cut off from the bus ends what it has lost, and keeps what it has finished."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from node.main import Node
from schemas.status import Status
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.running_nodes import StartNode, timed
from tests.servers.nats import NatsServer
from tests.servers.proxy import Relay
from tests.servers.waiting import eventually

ACK_WAIT_S = 1.0
LONG_MS = 60_000


@pytest_asyncio.fixture
async def line(nats_server: NatsServer) -> AsyncIterator[Relay]:
    """What connects one node with the bus."""
    relay = Relay(nats_server.port)
    await relay.mend()
    yield relay
    await relay.cut()


async def behind(
    line: Relay, gateway: GatewayStandIn, start_node: StartNode, *, concurrency: int = 2, ack_wait_s: float = ACK_WAIT_S
) -> Node:
    await gateway.queues("default", ack_wait_s=ack_wait_s)
    return await start_node("n1", nats_urls=[f"nats://127.0.0.1:{line.port}"], concurrency=concurrency)


@pytest.mark.parametrize("outage", ["cut", "silent"])
async def test_it_ends_what_it_has_lost_and_the_other_nodes_run_is_the_only_one(
    gateway: GatewayStandIn, start_node: StartNode, line: Relay, outage: str
) -> None:
    cut_off = await behind(line, gateway, start_node)
    await gateway.submit(timed("t1", LONG_MS))
    await gateway.started("t1")
    if outage == "cut":
        await line.cut()
    else:
        line.freeze()
    heir = await start_node("heir")
    await gateway.started("t1", times=2)
    await eventually(lambda: len(cut_off.attempts) == 0, ACK_WAIT_S * 3)
    assert cut_off.task_loops.running == 0
    assert len(heir.attempts) == 1
    await line.mend()
    assert await gateway.cancel("t1") == "heir"
    execution = await gateway.result("t1")
    assert (execution.status, execution.node_id, execution.attempt) == (Status.CANCELLED, "heir", 2)


async def test_it_takes_tasks_again_once_the_bus_is_back(
    gateway: GatewayStandIn, start_node: StartNode, line: Relay
) -> None:
    cut_off = await behind(line, gateway, start_node, concurrency=1)
    await gateway.submit(timed("t1", LONG_MS))
    await gateway.started("t1")
    await line.cut()
    await eventually(lambda: len(cut_off.attempts) == 0, ACK_WAIT_S * 3)
    await line.mend()
    await gateway.started("t1", times=2)
    assert await gateway.cancel("t1") == "n1"
    assert (await gateway.result("t1")).attempt == 2


async def test_an_outage_that_is_shorter_changes_nothing(
    gateway: GatewayStandIn, start_node: StartNode, line: Relay
) -> None:
    await behind(line, gateway, start_node, ack_wait_s=30.0)
    await gateway.submit(timed("t1", 1_000))
    await gateway.started("t1")
    await line.cut()
    await line.mend()
    assert (await gateway.result("t1")).attempt == 1
    await gateway.queue_empties()
    assert await gateway.starts("t1") == 1


async def test_a_result_that_was_finished_meanwhile_is_kept_and_stored(
    gateway: GatewayStandIn, start_node: StartNode, line: Relay
) -> None:
    cut_off = await behind(line, gateway, start_node)
    await gateway.submit(timed("t1", 500), timed("t2", LONG_MS))
    await gateway.started("t1")
    await gateway.started("t2")
    await line.cut()
    await eventually(lambda: cut_off.attempts.get("t2") is None, ACK_WAIT_S * 3)
    assert cut_off.attempts.get("t1") is not None
    await line.mend()
    assert (await gateway.result("t1")).attempt == 1
    assert await gateway.starts("t1") == 1
    await gateway.started("t2", times=2)
    await gateway.cancel("t2")
    await gateway.queue_empties()
