"""What etcd is told of a node, and what happens without it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import aetcd
import msgspec
import pytest

from chassis.etcd import EtcdSettings
from node.infrastructure.directory import EtcdNodeDirectory
from schemas import names
from schemas.node import NodeRecord
from schemas.status import NodeState, Status
from tests.builders import a_node_record, a_task
from tests.integration.node.gateway_stand_in import SOON_S, GatewayStandIn
from tests.integration.node.running_nodes import StartNode
from tests.servers.etcd import EtcdServer
from tests.servers.fixtures import StartEtcd
from tests.servers.waiting import eventually


async def record(server: EtcdServer, name: str) -> NodeRecord | None:
    alone = {"grpc.use_local_subchannel_pool": 1}  # not in the back-off of an earlier client of a dead server
    async with aetcd.Client("127.0.0.1", server.port, options=alone) as client:
        found = await client.get(names.node_key(name).encode())
    return msgspec.json.decode(found.value, type=NodeRecord) if found else None


async def recorded(server: EtcdServer, name: str) -> NodeRecord:
    """Raises TimeoutError."""
    return await recorded_when(server, name, lambda _found: True)


async def recorded_when(server: EtcdServer, name: str, fits: Callable[[NodeRecord], bool]) -> NodeRecord:
    """The first record that ``fits``. Raises TimeoutError."""
    found: NodeRecord | None = None

    async def there() -> bool:
        nonlocal found
        found = await record(server, name)
        return found is not None and fits(found)

    await eventually(there, SOON_S)
    assert found is not None
    return found


async def test_a_ready_node_is_in_the_directory_and_a_drained_one_is_not(
    gateway: GatewayStandIn, start_node: StartNode, etcd_server: EtcdServer
) -> None:
    node = await start_node("n1", pools=["default", "gpu"], labels={"rack": "3"})
    found = await recorded_when(etcd_server, "n1", lambda entry: entry.state is NodeState.READY)
    assert (found.pools, found.labels, found.capacity) == (["default", "gpu"], {"rack": "3"}, 2)
    assert [(language.name, language.version) for language in found.languages] == [("python", "0")]
    assert found.sandbox_runtime == "simulated"
    node.stop()

    async def gone() -> bool:
        return await record(etcd_server, "n1") is None

    await eventually(gone, SOON_S)


async def test_an_entry_that_was_lost_is_declared_again(
    gateway: GatewayStandIn, start_node: StartNode, etcd_server: EtcdServer
) -> None:
    await start_node("n1", heartbeat_s=0.1)
    first = await recorded(etcd_server, "n1")
    async with aetcd.Client("127.0.0.1", etcd_server.port) as client:
        await client.delete(names.node_key("n1").encode())
    again = await recorded(etcd_server, "n1")
    assert again.started_at_ms == first.started_at_ms


async def test_tasks_flow_while_etcd_is_away_and_the_node_is_back_when_it_is(
    gateway: GatewayStandIn, start_node: StartNode, start_etcd: StartEtcd
) -> None:
    server = start_etcd()
    node = await start_node("n1", etcd_endpoints=[server.endpoint], heartbeat_s=0.1, lease_s=2, reconnect_max_s=0.2)
    await recorded(server, "n1")
    server.kill()
    await eventually(lambda: not node.directory.reachable, SOON_S)
    await gateway.submit(a_task("t1"))
    assert (await gateway.result("t1")).status is Status.SUCCEEDED
    away_ms = int(time.time() * 1000)
    server.start()
    await recorded_when(server, "n1", lambda entry: entry.updated_at_ms > away_ms)


async def test_every_node_answers_a_roll_call_with_its_record(gateway: GatewayStandIn, start_node: StartNode) -> None:
    """With no etcd to be found."""
    for name in ("n1", "n2"):
        await start_node(name, etcd_endpoints=["127.0.0.1:1"], labels={"name": name})
    inbox = gateway.client.new_inbox()
    answers = await gateway.client.subscribe(inbox)
    await gateway.client.publish(names.ROLL_CALL, b"", reply=inbox)
    told = [msgspec.json.decode((await answers.next_msg(timeout=5)).data, type=NodeRecord) for _ in range(2)]
    assert {(one.id, one.labels["name"], one.state) for one in told} == {
        ("n1", "n1", NodeState.READY),
        ("n2", "n2", NodeState.READY),
    }
    assert [language.name for language in told[0].languages] == ["python"]


async def test_a_call_that_is_cancelled_under_way_is_one_that_failed_and_is_made_again(start_etcd: StartEtcd) -> None:
    server = start_etcd()
    settings = EtcdSettings(endpoints=[server.endpoint], reconnect_base_s=0.05, reconnect_max_s=0.2)
    directory = EtcdNodeDirectory(settings, "n1", lease_s=3)
    await directory.announce(a_node_record("n1"))
    server.pause()
    running = asyncio.create_task(directory.run())
    try:
        await eventually(lambda: bool(calls_under_way()), SOON_S)
        for call in calls_under_way():
            call.cancel()
        await eventually(lambda: "CallCancelledError" in directory.trouble, SOON_S)
    finally:
        server.resume()
    await recorded(server, "n1")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):  # its own end is its end
        await running
    await directory.withdraw()


def calls_under_way() -> list[asyncio.Task[object]]:
    """Tasks of grpc.aio, in each of which one call waits for its answer."""
    return [task for task in asyncio.all_tasks() if "_invoke" in repr(task.get_coro())]
