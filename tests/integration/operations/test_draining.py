"""A real node is taken out of service: by an order, and by a signal."""

from __future__ import annotations

import asyncio

import pytest

from coderunner import Client, Execution, Node, NodeState, Status
from tests.integration.operations.operating import NODE, PATIENCE_S, Command, deliveries, operator
from tests.servers.fixtures import StartStack
from tests.servers.stack import Stack
from tests.servers.waiting import eventually


async def running_one_of_three(stack: Stack) -> list[str]:
    """The node runs the first task, for longer than a command takes to start on a busy machine; two wait."""
    async with stack.client() as client:
        tasks = [
            await client.submit("python", str(number), env={"SIMULATED_RUN_MS": "1000" if number else "4000"})
            for number in range(3)
        ]
        async with asyncio.timeout(PATIENCE_S):
            async for event in client.watch(tasks[0]):
                if isinstance(event, Execution) and event.status is Status.RUNNING:
                    break
        return tasks


async def only_node(client: Client) -> Node | None:
    nodes = await client.nodes()
    return nodes[0] if nodes else None


@pytest.mark.parametrize("by", ["order", "signal"])
async def test_a_drained_node_finishes_what_it_runs_leaves_the_list_and_ends_with_0(
    start_stack: StartStack, command: Command, by: str
) -> None:
    stack = start_stack(node=NODE)
    await stack.wait_served("python")
    first = stack.nodes[0]
    tasks = await running_one_of_three(stack)
    async with operator(stack) as client:
        if by == "order":
            drained = await command(stack, "node", "drain", first.name, "--wait")
            assert (drained.returncode, drained.stderr) == (0, "")
            assert await client.nodes() == ()
            assert first.wait_exit() == 0
        else:
            assert await asyncio.to_thread(first.stop) == 0
        assert await only_node(client) is None
        finished = await client.get(tasks[0])
        assert (finished.status, finished.node_id, finished.attempt) == (Status.SUCCEEDED, first.name, 1)
        assert [(await client.get(task)).status for task in tasks[1:]] == [Status.QUEUED] * 2
        second = stack.add_node(**NODE)
        for task in tasks[1:]:
            rest = await client.follow(task)
            assert (rest.status, rest.node_id, rest.attempt) == (Status.SUCCEEDED, second.name, 1)
        assert [one.id async for one in client.dead()] == []
    assert await deliveries(stack) == len(tasks)


async def test_a_draining_node_says_so_and_a_second_order_changes_nothing(start_stack: StartStack) -> None:
    stack = start_stack(node=NODE)
    await stack.wait_served("python")
    name = stack.nodes[0].name
    await running_one_of_three(stack)
    async with operator(stack) as client:
        assert await client.drain(name)
        assert await client.drain(name)

        async def says_so() -> bool:
            node = await only_node(client)
            return node is not None and node.state is NodeState.DRAINING

        await eventually(says_so, PATIENCE_S)
        assert stack.nodes[0].wait_exit() == 0
        assert not await client.drain(name)
