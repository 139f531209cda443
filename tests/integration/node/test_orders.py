"""What a node does that is told to cancel, to drain or to go down."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from nats.errors import NoRespondersError

from node.infrastructure.simulated_sandbox import SimulatedSandboxPool
from schemas import names
from schemas.status import Status
from tests.fakes.node import FixedProbe
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.node_process import ended, node_process
from tests.integration.node.running_nodes import StartNode, running_node, timed
from tests.servers.nats import NatsServer
from tests.servers.waiting import eventually


async def test_sigterm_drains_and_exits_with_0(
    gateway: GatewayStandIn, nats_server: NatsServer, tmp_path: Path
) -> None:
    process = node_process(nats_server, tmp_path / "node.log", concurrency="1")
    await gateway.submit(timed("running", 800), timed("queued", 0))
    await gateway.started("running")
    process.terminate()
    assert await ended(process) == 0
    assert (await gateway.result("running")).attempt == 1
    assert "queued" not in gateway.results
    assert await gateway.messages(names.STREAM_TASKS) == 1


async def test_what_still_runs_after_the_drains_bound_is_handed_back_at_once(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    node = await start_node("going", drain_s=0.2, concurrency=1)
    await gateway.submit(timed("t1", 60_000))
    await gateway.started("t1")
    node.stop()
    await start_node("heir", concurrency=1)
    await gateway.started("t1", 2, within_s=4)  # less than the ack wait
    assert await gateway.cancel("t1") == "heir"
    assert (await gateway.result("t1")).attempt == 2


async def test_a_running_task_is_killed_by_its_cancel_order_and_keeps_its_output(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    await start_node("n1")
    await start_node("n2")
    await gateway.submit(timed("t1", 60_000, stdin="so far"))
    await gateway.started("t1")
    runs_it = await gateway.cancel("t1")
    execution = await gateway.result("t1", within_s=0.5)
    assert (execution.status, execution.node_id) == (Status.CANCELLED, runs_it)
    assert execution.run is not None
    assert execution.run.stdout == "so far"
    await gateway.queue_empties()


async def test_a_drain_order_is_answered_and_obeyed(gateway: GatewayStandIn, start_node: StartNode) -> None:
    node = await start_node("n1")
    await gateway.submit(timed("t1", 500))
    await gateway.started("t1")
    for order, draining in (("drain", True), ("resume", False), ("drain", True)):
        body = json.dumps({"order": order}).encode()
        answer = await gateway.client.request(names.node_subject("n1"), body, timeout=2)
        assert json.loads(answer.data) == {"ok": True}
        assert node.draining.wanted is draining
    assert (await gateway.result("t1")).attempt == 1


async def test_an_order_that_nobody_knows_is_refused(gateway: GatewayStandIn, start_node: StartNode) -> None:
    await start_node("n1")
    answer = await gateway.client.request(names.node_subject("n1"), b'{"order":"explode"}', timeout=2)
    assert json.loads(answer.data)["ok"] is False


def listens(server: NatsServer, connection: str) -> bool:
    """True once it is connected, and has its reply inbox at least."""
    connections = server.monitor("/connz")["connections"]
    assert isinstance(connections, list)
    return any(one.get("name") == connection and one["subscriptions"] for one in connections)


async def test_a_node_obeys_no_order_before_its_sandboxes_are_there(
    gateway: GatewayStandIn, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told to resume, it took tasks that it could not run yet."""
    starting, may_start = asyncio.Event(), asyncio.Event()

    async def slow_start(_pool: SimulatedSandboxPool) -> None:
        starting.set()
        await may_start.wait()

    monkeypatch.setattr(SimulatedSandboxPool, "start", slow_start)
    settings = {"nats_urls": [nats_server.url], "etcd_endpoints": ["127.0.0.1:1"], "http_address": "127.0.0.1:0"}
    async with AsyncExitStack() as stack:
        node = asyncio.create_task(running_node(stack, "n1", {"sandbox": "simulated", **settings}, FixedProbe()))
        await starting.wait()
        await eventually(lambda: listens(nats_server, "node-n1"))
        await gateway.submit(timed("t1", 0))
        with pytest.raises(NoRespondersError):
            await gateway.client.request(names.node_subject("n1"), b'{"order":"resume"}', timeout=2)
        may_start.set()
        assert (await node).draining.wanted is False
        assert (await gateway.result("t1")).attempt == 1
        answer = await gateway.client.request(names.node_subject("n1"), b'{"order":"resume"}', timeout=2)
        assert json.loads(answer.data) == {"ok": True}
