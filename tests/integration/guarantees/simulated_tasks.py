"""Simulated tasks as a client submits and follows them."""

from __future__ import annotations

from typing import Any

from coderunner import Client, Execution
from coderunner.model import NodeState, Status
from tests.servers.stack import Node
from tests.servers.waiting import eventually


def lasting(milliseconds: int) -> dict[str, str]:
    """The environment of a simulated task that takes so long."""
    return {"SIMULATED_RUN_MS": str(milliseconds)}


async def submit(client: Client, language: str, run_ms: int = 0, **options: Any) -> str:
    """The id of a simulated task."""
    return await client.submit(language, "(nothing runs)", env=lasting(run_ms), **options)


async def started(client: Client, task_id: str, within_s: float = 15) -> None:
    """Returns once it runs. Raises TimeoutError."""

    async def runs() -> bool:
        return (await client.get(task_id)).status is Status.RUNNING

    await eventually(runs, within_s)


async def result(client: Client, task_id: str) -> Execution:
    return await client.follow(task_id)


async def listed(client: Client, node: Node) -> None:
    """Returns once the client's gateway lists the node, which may still be starting and serve nothing."""

    async def there() -> bool:
        return node.name in {one.id for one in await client.nodes()}

    await eventually(there)


async def known(client: Client, *nodes: Node) -> None:
    """Returns once the client's gateway knows all of them, and what they serve: a node that starts is listed before."""

    async def there() -> bool:
        started = {node.id for node in await client.nodes() if node.state is not NodeState.STARTING}
        return {node.name for node in nodes} <= started

    await eventually(there)
