"""The queue deadline is kept by the gateways: with busy nodes, without any, and by a gateway that was not there."""

from __future__ import annotations

import asyncio

import pytest

import schemas.status
from coderunner.model import Execution, Status
from schemas import names
from tests.fakes.callback_endpoint import CallbackEndpoint
from tests.integration.guarantees.listed_node import serve_nowhere
from tests.integration.guarantees.shared_stack import SharedStack
from tests.integration.guarantees.simulated_tasks import result, started, submit
from tests.servers.fixtures import StartStack
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

LOOPBACK = {"callback_allowed_networks": ["127.0.0.0/8"]}


async def test_a_task_expires_while_every_slot_is_busy(shared: SharedStack) -> None:
    await shared.node(concurrency=1)
    client = await shared.client()
    running = await submit(client, shared.language, 60_000)
    await started(client, running)
    late = await submit(client, shared.language, queue_deadline_ms=300)
    execution = await result(client, late)
    assert (execution.status, execution.error) == (Status.EXPIRED, "not started within 300 ms")
    assert (await client.get(running)).status is Status.RUNNING
    await client.cancel(running)


async def test_a_program_that_runs_at_its_queue_deadline_runs_to_its_end(shared: SharedStack) -> None:
    await shared.node(concurrency=1)
    client = await shared.client()
    task_id = await submit(client, shared.language, 1_500, queue_deadline_ms=500)
    execution = await result(client, task_id)
    assert execution.status is Status.SUCCEEDED


async def told_expired(stack: Stack, task_id: str) -> None:
    """Returns once the event is stored, which is a moment after the result."""

    async def told() -> bool:
        return await expired_events(stack, task_id) > 0

    await eventually(told)


async def expired_events(stack: Stack, task_id: str) -> int:
    bus = await stack.nats.connect("operator")
    try:
        info = await bus.jetstream().stream_info(
            names.STREAM_EVENTS, subjects_filter=names.event_subject(task_id, schemas.status.Status.EXPIRED)
        )
        return sum((info.state.subjects or {}).values())
    finally:
        await bus.close()


@pytest.mark.parametrize("how", ["execute", "watch"])
async def test_a_task_expires_where_no_node_lives_and_its_callback_is_told(start_stack: StartStack, how: str) -> None:
    stack = start_stack(gateways=2, nodes=0, gateway=LOOPBACK)
    await serve_nowhere(stack, "nolang")
    async with CallbackEndpoint() as endpoint, stack.client() as client, stack.gateways[1].client() as other:
        if how == "execute":
            execution = await client.run("nolang", "x", queue_deadline_ms=200, callback=endpoint.url)
        else:
            task_id = await client.submit("nolang", "x", queue_deadline_ms=200, callback=endpoint.url)
            *_, last = [item async for item in other.watch(task_id)]
            assert isinstance(last, Execution)
            execution = last
        assert (execution.status, execution.error) == (Status.EXPIRED, "not started within 200 ms")
        await asyncio.wait_for(endpoint.complete.wait(), 30)
        assert dict(endpoint.deliveries) == {execution.id: [(execution.id, "EXPIRED")]}
    await told_expired(stack, execution.id)
    assert await expired_events(stack, execution.id) == 1


async def test_a_deadline_is_kept_though_every_gateway_was_killed_and_started_again(start_stack: StartStack) -> None:
    stack = start_stack(gateways=2, nodes=0)
    await serve_nowhere(stack, "nolang")
    async with stack.client() as client:
        soon = await client.submit("nolang", "x", queue_deadline_ms=500)
        later = await client.submit("nolang", "x", queue_deadline_ms=3_000)
        never = await client.submit("nolang", "x")
    for gateway in stack.gateways:
        gateway.kill()
    for gateway in stack.gateways:
        gateway.start()
    await stack.wait_served("nolang")
    async with stack.client() as client:
        for task_id in (soon, later):
            assert (await asyncio.wait_for(client.follow(task_id), 30)).status is Status.EXPIRED
            await told_expired(stack, task_id)
            assert await expired_events(stack, task_id) == 1
        assert (await client.get(never)).status is Status.QUEUED
