"""Requests that wait with a server that dies: nobody says so, and it is noticed all the same."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import msgspec
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from node.infrastructure.bus import pull as nats_pull
from node.infrastructure.bus.pull import Queue, WaitingPull
from schemas import names
from schemas.status import Priority, Status
from tests.builders import a_task
from tests.fakes.node import FixedProbe
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.running_nodes import StartNode, running_node
from tests.servers.nats import NatsCluster, NatsServer
from tests.servers.waiting import eventually

NORMAL = Queue("default", Priority.NORMAL)
NOTICED_WITHIN_S = nats_pull.SILENCE_S + 2.0
"""With what a busy test machine may add."""
LED_AGAIN_WITHIN_S = 20.0
"""The cluster takes 4 to 9 s to elect a leader in place of one that died."""


async def leader_of_normal(cluster: NatsCluster) -> NatsServer:
    """Of the queue, which the test makes with all others before a node does; streams have three replicas."""
    client = await cluster.connect()
    gateway = GatewayStandIn(client)
    await gateway.open(replicas=3)
    info = await gateway.ask(
        f"CONSUMER.INFO.{names.STREAM_TASKS}.{names.queue_consumer('default', NORMAL.priority)}", {}
    )
    await client.close()
    return next(server for server in cluster.servers if server.name == info["cluster"]["leader"])


async def test_a_request_whose_leader_died_is_noticed_within_seconds_and_sent_again(nats_cluster: NatsCluster) -> None:
    leader = await leader_of_normal(nats_cluster)
    elsewhere = next(server for server in nats_cluster.servers if server is not leader)
    settings = {"nats_urls": [elsewhere.url], "etcd_endpoints": ["127.0.0.1:1"], "http_address": "127.0.0.1:0"}
    async with AsyncExitStack() as stack:
        gateway = GatewayStandIn(await elsewhere.connect())
        stack.push_async_callback(gateway.client.close)
        await gateway.listen()
        node = await running_node(stack, "n1", {"sandbox": "simulated", "concurrency": 2, **settings}, FixedProbe())
        await gateway.waiting_pulls(1)
        leader.kill()
        await eventually(lambda: node.source.lost_pulls > 0, NOTICED_WITHIN_S)
        assert node.bus.connected()
        await eventually(lambda: is_queued(gateway, "t1"), LED_AGAIN_WITHIN_S)
        assert (await gateway.result("t1", LED_AGAIN_WITHIN_S)).status is Status.SUCCEEDED


async def is_queued(gateway: GatewayStandIn, task_id: str) -> bool:
    """True once the stream's leader has confirmed it: while there is none, nobody does."""
    task = a_task(task_id)
    subject = names.task_subject(task.pool, task.priority, task.id)
    try:
        answer = await gateway.client.request(
            subject, msgspec.json.encode(task), timeout=1, headers={names.HEADER_MSG_ID: task_id}
        )
    except (NoRespondersError, NatsTimeoutError):
        return False
    return "error" not in json.loads(answer.data)


async def test_a_request_that_waits_in_peace_is_not_taken_for_lost(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    node = await start_node()  # its consumers
    await node.task_loops.pause()
    await gateway.waiting_pulls(0)
    over = asyncio.get_running_loop().create_future()
    wait_s = nats_pull.SILENCE_S + 0.5
    pull = WaitingPull(lambda: gateway.client, NORMAL, lambda: wait_s, gateway.client.publish, over.set_result)  # type: ignore[arg-type] # no task comes
    await pull.request(1, 0)
    while not over.done():
        assert not pull.is_lost(asyncio.get_running_loop().time())
        await asyncio.wait([over], timeout=0.05)
    assert await over == "408"
    await pull.close()
