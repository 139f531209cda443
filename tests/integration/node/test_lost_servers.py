"""A bus and a directory that are away, come back, or let a node do little or nothing."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from structlog.testing import capture_logs

from schemas import names
from schemas.status import Priority, Status
from tests.builders import a_task
from tests.fakes.node import FixedProbe
from tests.integration.node.gateway_stand_in import SOON_S, GatewayStandIn
from tests.integration.node.node_process import START_S, ended, node_process
from tests.integration.node.running_nodes import StartNode, running_node, timed
from tests.servers.etcd import EtcdServer
from tests.servers.fixtures import StartNats
from tests.servers.nats import NatsServer
from tests.servers.waiting import eventually


async def test_a_node_waits_for_consumers_that_were_deleted_and_goes_on_when_they_are_made_again(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    await start_node()
    await gateway.waiting_pulls(1)
    for priority in Priority:
        await gateway.ask(f"CONSUMER.DELETE.{names.STREAM_TASKS}.{names.queue_consumer('default', priority)}", {})
    await gateway.queues("default")
    await gateway.submit(*(a_task(f"t-{priority.value}", priority=priority) for priority in Priority))
    await gateway.until(lambda: len(gateway.order) == 3)


async def test_a_node_starts_without_bus_and_directory_and_survives_their_restart(
    start_nats: StartNats, etcd_server: EtcdServer
) -> None:
    server = start_nats()
    server.stop()
    settings = {"nats_urls": [server.url], "etcd_endpoints": ["127.0.0.1:1"], "http_address": "127.0.0.1:0"}
    async with AsyncExitStack() as stack:
        with capture_logs() as said:
            starting = asyncio.create_task(
                running_node(stack, "n1", {"sandbox": "simulated", "concurrency": 2, **settings}, FixedProbe())
            )
            await eventually(lambda: "bus_error" in [line["event"] for line in said], SOON_S)
        assert not starting.done()
        server.start()
        await starting
        for round_number in range(2):
            client = await server.connect()
            gateway = GatewayStandIn(client)
            await gateway.open()
            await gateway.submit(a_task(f"t{round_number}"))
            assert (await gateway.result(f"t{round_number}")).status is Status.SUCCEEDED
            await client.close()
            server.kill()
            server.start()


async def test_a_result_survives_a_bus_that_goes_away_while_the_task_runs(
    start_nats: StartNats, etcd_server: EtcdServer
) -> None:
    server = start_nats()
    settings = {"nats_urls": [server.url], "etcd_endpoints": [etcd_server.endpoint], "http_address": "127.0.0.1:0"}
    async with AsyncExitStack() as stack:
        client = await server.connect(max_reconnect_attempts=-1, reconnect_time_wait=0.1)
        stack.push_async_callback(client.close)
        gateway = GatewayStandIn(client)
        await gateway.open()
        await running_node(stack, "n1", {"sandbox": "simulated", "concurrency": 2, **settings}, FixedProbe())
        await gateway.submit(timed("t1", 600))
        await gateway.started("t1")
        server.stop()
        server.start()
        await gateway.result("t1")
        await gateway.queue_empties()
        assert await gateway.messages(names.STREAM_RESULTS) == 1


async def test_a_node_works_with_the_permissions_of_its_role(start_nats: StartNats, etcd_server: EtcdServer) -> None:
    server = start_nats(roles=True)
    client = await server.connect("gateway")
    settings = {"nats_urls": [server.url_as("node")], "etcd_endpoints": [etcd_server.endpoint]}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.close)
        gateway = GatewayStandIn(client)
        await gateway.open()
        await running_node(
            stack, "n1", {"sandbox": "simulated", "http_address": "127.0.0.1:0", **settings}, FixedProbe()
        )
        await gateway.submit(a_task("good"), a_task("poison", env={"SIMULATED_LOST": "1"}), timed("long", 60_000))
        assert (await gateway.result("good")).status is Status.SUCCEEDED
        assert (await gateway.result("poison")).status is Status.INTERNAL_ERROR
        assert await gateway.cancel("long") == "n1"
        assert (await gateway.result("long")).status is Status.CANCELLED
        await gateway.queue_empties()


async def test_a_node_that_never_saw_its_bus_still_goes_down_cleanly(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    process = node_process(NatsServer(tmp_path), log, nats_urls="nats://127.0.0.1:1")
    try:
        await eventually(lambda: b"bus_error" in log.read_bytes(), START_S)
    finally:
        process.terminate()
        assert await ended(process) == 0
    assert b"Traceback" not in log.read_bytes()


async def test_a_user_that_the_bus_refuses_is_told_so_in_the_log(start_nats: StartNats, tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    process = node_process(start_nats(roles=True), log, nats_user="node", nats_password="wrong")
    try:
        await eventually(lambda: b"Authorization" in log.read_bytes(), START_S)
    finally:
        process.terminate()
        assert await ended(process) == 0


async def test_a_node_that_hands_a_task_back_to_a_bus_that_is_away_still_goes_down_cleanly(
    start_nats: StartNats, tmp_path: Path
) -> None:
    """What was left for the bus could not be written to a socket that was gone: a RuntimeError of uvloop's."""
    server, log = start_nats(), tmp_path / "node.log"
    gateway = GatewayStandIn(await server.connect())
    await gateway.open()
    process = node_process(server, log, drain_s="0.2", concurrency="1")
    try:
        await gateway.submit(timed("t1", 60_000))
        await gateway.started("t1", within_s=START_S)
        await gateway.client.close()
        server.kill()
        await eventually(lambda: b"bus_disconnected" in log.read_bytes(), SOON_S)
    finally:
        process.terminate()
        code = await ended(process)
    assert code == 0
    assert b"Traceback" not in log.read_bytes()
    assert b"node_stopped" in log.read_bytes()
