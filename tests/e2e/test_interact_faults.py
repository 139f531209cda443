"""What is said to a program while gateways and nodes are killed reaches it once, and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from coderunner import Execution, Output, Status
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

LINES = 300
COUNTS = f"""
import sys, time
for number in range({LINES}):
    print(number, flush=True)
    time.sleep(0.02)
sys.stdin.read()
"""
READS_ALL = "import sys\nprint('up', flush=True)\nfor line in sys.stdin:\n    print(line, end='')"
EXPECTED = "up\n" + "".join(f"{number}\n" for number in range(LINES))


@pytest.fixture
def stack(docker_engine: docker.DockerClient, tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, NatsServer(tmp_path, roles=True), EtcdServer(tmp_path))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        stack.add_gateway()
        yield stack
    finally:
        stack.close()


async def test_a_gateway_that_is_killed_loses_no_input_and_doubles_none(stack: Stack) -> None:
    stack.add_node(languages=["python"])
    await stack.wait_served("python")
    gateway = stack.gateways[0]
    async with asyncio.timeout(120), stack.client() as client, client.interact("python", READS_ALL) as program:
        for number in range(LINES):
            await program.write(f"{number}\n")
            await asyncio.sleep(0.005)
            if number in (100, 200):
                gateway.kill()
                gateway.start(wait=False)
        await program.close_input()
        result = await program.result()
    assert (result.status, result.attempt) == (Status.SUCCEEDED, 1)
    assert result.run is not None
    assert result.run.stdout == EXPECTED


async def test_what_a_program_prints_while_its_gateway_is_dead_is_told_when_one_is_back(stack: Stack) -> None:
    stack.add_node(languages=["python"])
    await stack.wait_served("python")
    gateway, told = stack.gateways[0], ""
    async with asyncio.timeout(120), stack.client() as client, client.interact("python", COUNTS) as program:
        async for event in program:
            if not isinstance(event, Output):
                continue
            assert event.offset == len(told), "a hole"
            told += event.text
            if told.endswith("\n50\n"):
                gateway.kill()
                gateway.start(wait=False)
            elif told.endswith(f"{LINES - 1}\n"):
                await program.close_input()
    result = await program.result()
    assert result.run is not None
    assert told == result.run.stdout == "".join(f"{number}\n" for number in range(LINES))


async def test_a_node_that_is_killed_is_followed_by_one_that_is_told_all_again(stack: Stack) -> None:
    for _ in range(2):
        stack.add_node(languages=["python"])
    await stack.wait_served("python")
    async with asyncio.timeout(200), stack.client() as client, client.interact("python", READS_ALL) as program:
        for number in range(LINES // 2):
            await program.write(f"{number}\n")
        node_id = ""
        async for event in program:
            if isinstance(event, Execution):
                node_id = event.node_id or node_id
            if isinstance(event, Output) and event.text.endswith(f"{LINES // 2 - 1}\n"):
                break
        killed = next(node for node in stack.nodes if node.name == node_id)
        killed.kill()
        for number in range(LINES // 2, LINES):
            await program.write(f"{number}\n")
        await program.close_input()
        result = await program.result()
    assert (result.status, result.attempt) == (Status.SUCCEEDED, 2)
    assert result.node_id != node_id
    assert result.run is not None
    assert result.run.stdout == EXPECTED
