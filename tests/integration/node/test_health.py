"""What a node says of itself while something that it needs, or could do without, is away."""

from __future__ import annotations

from typing import Any

import aiohttp

from node.main import Node
from tests.fakes.node import FixedProbe
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.running_nodes import StartNode
from tests.servers.fixtures import StartEtcd, StartNats
from tests.servers.waiting import eventually


async def ask(node: Node, path: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{node.http.port}/{path}") as answer:
        return answer.status, await answer.json()


async def told(node: Node, part: str, *, works: bool) -> dict[str, Any]:
    """The whole of ``/health``, once it says so of a part."""
    found: dict[str, Any] = {}

    async def says_so() -> bool:
        found.update((await ask(node, "health"))[1])
        return found["parts"][part]["works"] is works

    await eventually(says_so)
    return found


async def test_each_part_of_a_node_tells_in_words_how_it_is(gateway: GatewayStandIn, start_node: StartNode) -> None:
    node = await start_node()
    health = await told(node, "directory", works=True)
    assert (health["ready"], health["status"]) == (True, "ok")
    assert {name: part["says"] for name, part in health["parts"].items() if name != "bus"} == {
        "running": "takes tasks",
        "store": "results are stored",
        "sandboxes": "python 0",
        "languages": "all are served",
        "directory": "etcd knows this node",
        "load": "0 of 100",
    }
    assert health["parts"]["bus"]["says"].startswith("connected to 127.0.0.1:")


async def test_a_node_without_the_bus_is_not_ready(start_node: StartNode, start_nats: StartNats) -> None:
    nats = start_nats()
    node = await start_node(nats_urls=[nats.url], reconnect_max_s=0.2)
    nats.stop()
    health = await told(node, "bus", works=False)
    assert (health["ready"], health["status"]) == (False, "not ready")
    assert (await ask(node, "ready"))[0] == 503
    assert (await ask(node, "live"))[0] == 200
    nats.start()
    await told(node, "bus", works=True)


async def test_a_node_without_etcd_is_degraded_and_ready(
    gateway: GatewayStandIn, start_node: StartNode, start_etcd: StartEtcd
) -> None:
    etcd = start_etcd()
    node = await start_node(etcd_endpoints=[etcd.endpoint], heartbeat_s=0.2)
    await told(node, "directory", works=True)
    etcd.stop()
    health = await told(node, "directory", works=False)
    assert (health["ready"], health["status"]) == (True, "degraded")
    status, ready = await ask(node, "ready")
    assert (status, list(ready["degraded"])) == (200, ["directory"])


async def test_a_node_that_is_short_of_memory_says_so_and_is_ready(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    node = await start_node(probe=FixedProbe(memory=99.0))
    health = await told(node, "load", works=False)
    assert (health["ready"], health["status"]) == (True, "degraded")
    assert health["parts"]["load"]["says"] == "memory 99 % >= 90 %"


async def test_a_node_that_drains_is_not_ready(gateway: GatewayStandIn, start_node: StartNode) -> None:
    node = await start_node()
    await node.draining.begin()
    health = await told(node, "running", works=False)
    assert health["ready"] is False
    assert health["parts"]["running"]["says"].startswith("drains")
