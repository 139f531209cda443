"""Nodes with a simulated sandbox in the test's own process, and tasks that take a given time in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import Protocol

from chassis.process import live
from node.infrastructure.settings import NodeSettings
from node.infrastructure.wiring import sandboxes
from node.main import Node
from schemas.status import Priority
from schemas.task import TaskMessage
from tests.builders import a_task
from tests.fakes.node import FixedProbe
from tests.integration.node.gateway_stand_in import SOON_S


class StartNode(Protocol):
    def __call__(self, name: str = ..., *, probe: FixedProbe = ..., **settings: object) -> Awaitable[Node]: ...


def timed(task_id: str, run_ms: int, **changes: object) -> TaskMessage:
    """A task that takes so long."""
    return a_task(task_id, **{"env": {"SIMULATED_RUN_MS": str(run_ms)}, **changes})


def prioritised(task_id: str, priority: Priority, run_ms: int = 0) -> TaskMessage:
    return timed(task_id, run_ms, priority=priority)


async def running_node(stack: AsyncExitStack, name: str, settings: dict[str, object], probe: FixedProbe) -> Node:
    configured = NodeSettings(**settings)  # type: ignore[arg-type] # each test names its own
    node = Node(configured, name, sandboxes(configured, name), probe)
    task = asyncio.create_task(live(node))

    async def stop() -> None:
        node.stop()
        await asyncio.wait_for(task, 15)

    stack.push_async_callback(stop)
    async with asyncio.timeout(SOON_S):
        await node.ready.wait()
    return node
