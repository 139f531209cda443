"""What an operator does to a stack, and what the bus then counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from coderunner import Operator
from tests.servers.command import Done
from tests.servers.stack import Stack

Command = Callable[..., Awaitable[Done]]
NODE: dict[str, Any] = {"sandbox": "simulated", "concurrency": 1, "max_attempts": 2}
PATIENCE_S = 30.0


def operator(stack: Stack, token: str | None = None) -> Operator:
    return Operator(stack.gateways[0].target, token)


async def deliveries(stack: Stack) -> int:
    """How often a task was given to a node, repeated ones and hand-backs included; nothing is in the queue any more."""
    bus = await stack.nats.connect("operator")
    try:
        info = await bus.jetstream().consumer_info("CODERUNNER_TASKS", "default-normal")
        assert (info.num_ack_pending, info.num_pending, info.num_redelivered) == (0, 0, 0)
        assert info.delivered is not None
        return int(info.delivered.consumer_seq)
    finally:
        await bus.close()
