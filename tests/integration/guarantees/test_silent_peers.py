"""A machine that loses its power says no goodbye: its connections stay, and nothing comes of them. Gateway and caller
each notice the other's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from coderunner import Client, Execution, Interaction, Status, connection
from tests.integration.guarantees.simulated_tasks import lasting, started, submit
from tests.servers.fixtures import StartStack
from tests.servers.proxy import Relay
from tests.servers.stack import Stack

PING_S = 0.5
GRACE_MS = 6_000
MINUTE_MS = 60_000
NODE = {"sandbox": "simulated", "simulated_languages": ["simulated"], "sessions": 4, "drain_s": 0.5}


@pytest.fixture
def stack(start_stack: StartStack) -> Stack:
    return start_stack(gateway={"grpc_ping_s": PING_S}, node=NODE)


@pytest_asyncio.fixture
async def relay(stack: Stack) -> AsyncIterator[Relay]:
    """Between a caller and the gateway."""
    relay = Relay(int(stack.gateways[0].target.rpartition(":")[2]))
    await relay.mend()
    yield relay
    await relay.cut()


async def test_a_task_ends_whose_caller_vanished_without_a_word(stack: Stack, relay: Relay) -> None:
    await stack.wait_served("simulated")
    async with stack.client() as witness, Client(f"127.0.0.1:{relay.port}") as client:
        options: dict[str, Any] = {"env": lasting(MINUTE_MS), "interaction": Interaction(grace_ms=GRACE_MS)}
        async with client.interact("simulated", "(nothing runs)", **options) as program:
            async for event in program:
                if isinstance(event, Execution) and event.status is Status.RUNNING:
                    break
            relay.freeze()
            async with asyncio.timeout(30):
                ended = await witness.follow(program.id)
            await relay.mend()
    assert ended.status is Status.CANCELLED


async def test_a_caller_goes_on_elsewhere_when_its_gateways_machine_is_gone(
    stack: Stack, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PING_S", PING_S)
    await stack.wait_served("simulated")
    async with stack.client() as witness, Client(f"127.0.0.1:{relay.port}") as client:
        task_id = await submit(client, "simulated", 4_000)
        following = asyncio.create_task(client.follow(task_id))
        await started(witness, task_id)
        relay.silence()
        async with asyncio.timeout(30):
            assert (await following).status is Status.SUCCEEDED


async def test_whoever_only_listens_is_kept_for_as_long_as_it_is_there(stack: Stack) -> None:
    """Its own answers to the gateway's questions are enough, and none of them is too many."""
    await stack.wait_served("simulated")
    async with stack.client() as client:
        task_id = await submit(client, "simulated", int(8 * PING_S * 1000))
        seen = [event async for event in client.watch(task_id)]
    assert isinstance(seen[-1], Execution)
    assert seen[-1].status is Status.SUCCEEDED
