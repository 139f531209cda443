"""Clients that share a queue: nobody waits behind another's burst, and nobody's burst starves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from coderunner import Client
from coderunner.model import Execution, Status
from tests.integration.guarantees.simulated_tasks import submit
from tests.servers import EtcdServer, NatsServer
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

LANGUAGE = "simulated"
GATEWAY: dict[str, Any] = {"tokens.large": "l", "tokens.small": "s", "read_rate_per_s": 0}
BURST = 120
RUN_MS = 10


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, NatsServer(tmp_path, roles=True), EtcdServer(tmp_path))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        stack.add_gateway(**GATEWAY)
        stack.add_gateway(**GATEWAY)
        yield stack
    finally:
        stack.close()


@pytest_asyncio.fixture
async def clients(stack: Stack) -> AsyncIterator[tuple[Client, Client]]:
    async with AsyncExitStack() as opened:
        large, small = (Client(stack.gateways[0].target, token=token) for token in "ls")
        yield await opened.enter_async_context(large), await opened.enter_async_context(small)


async def burst(client: Client, tasks: int, **options: Any) -> list[str]:
    return list(await asyncio.gather(*(submit(client, LANGUAGE, RUN_MS, **options) for _ in range(tasks))))


async def ended(client: Client, ids: list[str]) -> list[Execution]:
    return list(await asyncio.gather(*(client.follow(task_id) for task_id in ids)))


def finished(executions: list[Execution]) -> list[int]:
    """When they ended, ascending."""
    return sorted(one.finished_at_ms for one in executions)


async def served(stack: Stack, client: Client) -> None:
    """Starts a node that runs one task at a time. Returns once its language is known."""
    stack.add_node(sandbox="simulated", simulated_languages=[LANGUAGE], concurrency=1)

    async def known() -> bool:
        return LANGUAGE in {one.name for one in await client.languages()}

    await eventually(known, 30)


async def test_a_small_clients_tasks_are_done_long_before_the_burst_that_came_before_them(
    stack: Stack, clients: tuple[Client, Client]
) -> None:
    large, small = clients
    await served(stack, large)
    many = await burst(large, BURST)
    few = await burst(small, 3)
    of_small, of_large = finished(await ended(small, few)), finished(await ended(large, many))
    assert sum(at < of_small[-1] for at in of_large) < BURST / 2
    assert len(of_large) == BURST


async def test_a_burst_goes_on_while_small_tasks_never_end(stack: Stack, clients: tuple[Client, Client]) -> None:
    large, small = clients
    await served(stack, large)
    many = await burst(large, BURST)
    ending = asyncio.create_task(ended(large, many))

    async def without_end() -> None:
        while True:
            await ended(small, await burst(small, 4))

    always = [asyncio.create_task(without_end()) for _ in range(2)]
    executions = await asyncio.wait_for(ending, 60)
    for one in always:
        one.cancel()
    await asyncio.gather(*always, return_exceptions=True)
    assert {one.status for one in executions} == {Status.SUCCEEDED}


async def test_a_client_alone_is_served_in_the_order_of_its_submissions(
    stack: Stack, clients: tuple[Client, Client]
) -> None:
    large, _ = clients
    await served(stack, large)
    ids = [await submit(large, LANGUAGE, 30) for _ in range(40)]
    executions = await ended(large, ids)
    in_order = sorted(executions, key=lambda one: one.finished_at_ms)
    moved = sum(abs(ids.index(one.id) - place) for place, one in enumerate(in_order)) / len(ids)
    assert moved < 4  # but for the share of the later lanes


async def test_a_waiting_task_is_found_cancelled_and_expired_in_whatever_lane(
    stack: Stack, clients: tuple[Client, Client]
) -> None:
    large, _ = clients
    await served(stack, large)
    blocking = await submit(large, LANGUAGE, 60_000)
    ids = [await submit(large, LANGUAGE, 0) for _ in range(30)]
    assert (await large.get(ids[-1])).status is Status.QUEUED
    assert (await large.cancel(ids[-1])).cancelled
    expiring = await submit(large, LANGUAGE, 0, queue_deadline_ms=500)
    assert (await large.follow(expiring)).status is Status.EXPIRED
    await large.cancel(blocking)
    assert {one.status for one in await ended(large, ids[:-1])} == {Status.SUCCEEDED}


async def test_urgent_tasks_still_come_before_all_lanes_of_the_less_urgent(
    stack: Stack, clients: tuple[Client, Client]
) -> None:
    large, small = clients
    await served(stack, large)
    many = await burst(small, 30, priority="NORMAL")
    urgent = await burst(large, 20, priority="HIGH")
    of_urgent, of_many = finished(await ended(large, urgent)), finished(await ended(small, many))
    assert sum(at < of_urgent[-1] for at in of_many) < 20


async def test_tasks_in_all_lanes_survive_the_end_of_every_process(
    stack: Stack, clients: tuple[Client, Client]
) -> None:
    large, _ = clients
    await served(stack, large)
    ids = await burst(large, 60)
    for process in stack.processes:
        process.kill()
    for process in stack.processes:
        process.start()
    executions = await ended(large, ids)
    assert {one.status for one in executions} == {Status.SUCCEEDED}
