"""The real gateway and node as processes, on the real bus with its real permissions."""

from __future__ import annotations

from tests.servers import NatsServer
from tests.servers.fixtures import StartStack


async def test_a_gateway_is_ready_with_the_permissions_of_its_role(start_stack: StartStack) -> None:
    stack = start_stack(nodes=0)
    async with stack.client() as client:
        assert await client.languages() == ()
    assert isinstance(stack.nats, NatsServer)
    assert "ermissions" not in stack.nats.tail(1000)


async def test_a_task_goes_through_a_gateway_and_a_node_and_comes_back(start_stack: StartStack) -> None:
    stack = start_stack(node={"sandbox": "simulated"})
    await stack.wait_served("python")
    async with stack.client() as client:
        execution = await client.run("python", "print(6 * 7)")
    assert execution.status == "SUCCEEDED"
    assert execution.node_id == stack.nodes[0].name
    assert isinstance(stack.nats, NatsServer)
    assert "ermissions" not in stack.nats.tail(1000)


async def test_a_restarted_gateway_and_node_go_on(start_stack: StartStack) -> None:
    stack = start_stack(node={"sandbox": "simulated"})
    stack.nodes[0].kill()
    stack.gateways[0].restart()
    stack.nodes[0].start()
    await stack.wait_served("python")
    async with stack.client() as client:
        assert (await client.run("python", "print(6 * 7)")).status == "SUCCEEDED"
