"""Tasks that no living node takes are placed again: nothing is lost, and each ends once."""

from __future__ import annotations

import asyncio
from typing import Any

import schemas.status
from coderunner import Client
from coderunner.model import Status
from schemas import names
from tests.builders import a_language_record, a_node_record
from tests.integration.guarantees.listed_node import list_node
from tests.integration.guarantees.shared_stack import FAST
from tests.integration.guarantees.simulated_tasks import known, result, started, submit
from tests.servers.fixtures import StartStack
from tests.servers.stack import Node, Stack
from tests.servers.waiting import eventually

LANGUAGE = "simulated"
NODE: dict[str, Any] = {**FAST, "sandbox": "simulated", "simulated_languages": [LANGUAGE], "lease_s": 2}
PATIENCE_S = 60.0
SOON = {"untaken_s": 1.0}


def node_in(stack: Stack, pool: str, **settings: Any) -> Node:
    """``pool``: one that the bus lets a node take from."""
    return stack.add_node(**{**NODE, "pools": [pool], "concurrency": 2, **settings})


async def stored(stack: Stack, stream: str, subject: str) -> int:
    bus = await stack.nats.connect("operator")
    try:
        info = await bus.jetstream().stream_info(stream, subjects_filter=subject)
        return sum((info.state.subjects or {}).values())
    finally:
        await bus.close()


async def all_end_once(stack: Stack, client: Client, task_ids: list[str]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        ended = [await result(client, task_id) for task_id in task_ids]
    assert {execution.status for execution in ended} == {Status.SUCCEEDED}
    for task_id in task_ids:
        told = names.event_subject(task_id, schemas.status.Status.SUCCEEDED)
        assert await stored(stack, names.STREAM_EVENTS, told) == 1
    assert await stored(stack, names.STREAM_TASKS, names.TASKS_WILDCARD) == 0


async def test_what_waits_in_a_pool_whose_last_node_died_runs_in_another(start_stack: StartStack) -> None:
    stack = start_stack(gateways=2, nodes=0, gateway=SOON)
    doomed = node_in(stack, "default")
    await stack.wait_served(LANGUAGE)
    async with stack.client() as client:
        running = [await submit(client, LANGUAGE, 3_000, idempotency_key=f"r-{number}") for number in range(2)]
        for task_id in running:
            await started(client, task_id)
        waiting = [await submit(client, LANGUAGE, priority=one) for one in ("HIGH", "NORMAL", "LOW") for _ in range(5)]
        doomed.kill()
        await known(client, node_in(stack, "second"))
        await all_end_once(stack, client, [*waiting, *running])


async def test_a_node_that_is_listed_and_does_not_live_takes_nothing_along(start_stack: StartStack) -> None:
    """Its record says that it is large and idle, so it is given the larger part of the tasks."""
    stack = start_stack(gateways=2, nodes=0, gateway=SOON)
    real = node_in(stack, "second")
    await stack.wait_served(LANGUAGE)
    forged = a_node_record("forged", a_language_record(LANGUAGE, "1"), pools=["nowhere"], capacity=64)
    await list_node(stack, forged)
    async with stack.client() as client, stack.gateways[1].client() as other:
        for one in (client, other):
            await known(one, real)
            await eventually(lambda one=one: _knows_two(one))
        tasks = [await submit(one, LANGUAGE) for _ in range(20) for one in (client, other)]
        await all_end_once(stack, client, tasks)


async def test_what_nobody_serves_waits_until_somebody_does(start_stack: StartStack) -> None:
    stack = start_stack(gateways=1, nodes=0, gateway=SOON)
    first = node_in(stack, "default")
    await stack.wait_served(LANGUAGE)
    async with stack.client() as client:
        running = await submit(client, LANGUAGE, 60_000)
        await started(client, running)
        other = await submit(client, LANGUAGE, 60_000)
        await started(client, other)
        waiting = await submit(client, LANGUAGE)
        first.kill()
        await known(client, node_in(stack, "second", simulated_languages=["another"]))
        assert (await client.get(waiting)).status is Status.QUEUED
        for task_id in (running, other):
            await client.cancel(task_id)
        node_in(stack, "default")
        async with asyncio.timeout(PATIENCE_S):
            assert (await result(client, waiting)).status is Status.SUCCEEDED


async def _knows_two(client: Client) -> bool:
    return len(await client.nodes()) == 2
