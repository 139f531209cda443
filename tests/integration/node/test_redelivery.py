"""A task whose node stored the result and died before it could acknowledge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.msg import Msg

from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.sink import NatsResultSink
from schemas import names
from schemas.consumer_requests import create_consumer_request
from schemas.pulls import pull_request
from schemas.status import Priority, Status
from schemas.task import TaskMessage
from schemas.topology import task_consumer
from tests.builders import a_result_of, a_task
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.running_nodes import StartNode
from tests.servers.bus import node_connection
from tests.servers.nats import NatsServer

CONSUMER = f"{names.STREAM_TASKS}.{names.queue_consumer('default', Priority.NORMAL)}"


@pytest_asyncio.fixture
async def sink(gateway: GatewayStandIn, nats_server: NatsServer) -> AsyncIterator[NatsResultSink]:
    bus = await node_connection(nats_server.url, "dead-node")
    yield NatsResultSink(Publisher(bus))
    await bus.close()


async def taken(gateway: GatewayStandIn, task: TaskMessage) -> Msg:
    """The task in the hands of a node, which is the test."""
    subject, body = create_consumer_request(names.STREAM_TASKS, task_consumer("default", Priority.NORMAL))
    await gateway.client.request(subject, body)
    await gateway.submit(task)
    inbox = gateway.client.new_inbox()
    arrivals = await gateway.client.subscribe(inbox)
    pull = pull_request(batch=1, expires_s=5, load_priority=0)
    await gateway.client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{CONSUMER}", pull, reply=inbox)
    return await arrivals.next_msg(timeout=5)


async def stored_by_the_dead(sink: NatsResultSink, task: TaskMessage, status: Status) -> None:
    assert await sink.store(a_result_of(task, status, "dead", error="as it was"), task.reply)


async def test_its_task_is_acknowledged_by_the_next_node_and_not_run_again(
    gateway: GatewayStandIn, start_node: StartNode, sink: NatsResultSink
) -> None:
    task = a_task("t1")
    message = await taken(gateway, task)
    await stored_by_the_dead(sink, task, Status.SUCCEEDED)
    await gateway.client.publish(message.reply, b"-NAK")
    await start_node("heir")
    await gateway.queue_empties()
    assert await gateway.starts("t1") == 0
    assert (await gateway.result("t1")).node_id == "dead"
    assert await gateway.final_events("t1") == [Status.SUCCEEDED]


async def test_a_task_that_it_had_given_up_still_gets_its_dead_letter(
    gateway: GatewayStandIn, start_node: StartNode, sink: NatsResultSink
) -> None:
    task = a_task("t1")
    message = await taken(gateway, task)
    await stored_by_the_dead(sink, task, Status.INTERNAL_ERROR)
    await gateway.client.publish(message.reply, b"-NAK")
    await start_node("heir")
    assert (await gateway.dead("poison", "t1")).detail == "as it was"
    await gateway.queue_empties()
    assert await gateway.starts("t1") == 0


async def test_a_task_whose_result_was_taken_away_for_another_run_is_run(
    gateway: GatewayStandIn, start_node: StartNode, sink: NatsResultSink
) -> None:
    task = a_task("t1")
    await stored_by_the_dead(sink, task, Status.SUCCEEDED)
    await gateway.result("t1")
    await gateway.ask(f"STREAM.PURGE.{names.STREAM_RESULTS}", {"filter": names.result_subject("t1")})
    gateway.results.clear()
    message = await taken(gateway, task)
    await gateway.client.publish(message.reply, b"-NAK")
    await start_node("heir")
    async with asyncio.timeout(5):
        assert (await gateway.result("t1")).node_id == "heir"
