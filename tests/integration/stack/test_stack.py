"""The real gateway and node as processes, on the real bus with its real permissions."""

from __future__ import annotations

from tests.servers.fixtures import StartStack


async def test_a_gateway_is_ready_with_the_permissions_of_its_role(start_stack: StartStack) -> None:
    stack = start_stack(nodes=0)
    async with stack.client() as client:
        assert await client.languages() == ()
    assert "ermissions" not in stack.nats.tail(1000)
