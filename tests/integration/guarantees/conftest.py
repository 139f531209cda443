"""One bus, one directory, two gateways for all of these tests; each has nodes, pools and languages of its own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from coderunner import Client, Execution
from coderunner.model import Status
from tests.servers import EtcdServer, NatsServer
from tests.servers.stack import Gateway, Node, Stack
from tests.servers.waiting import eventually

FAST: dict[str, Any] = {"heartbeat_s": 0.5, "reconnect_max_s": 0.5}


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """What all of them share."""
    directory = tmp_path_factory.mktemp("guarantees")
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        gateways = [stack.add_gateway(wait=False) for _ in range(2)]
        for gateway in gateways:
            gateway.wait_ready()
        yield stack
    finally:
        stack.close()


@dataclass(frozen=True, slots=True)
class Place:
    """The shared ground, and a language that only this test's nodes serve."""

    stack: Stack
    language: str
    _started: ExitStack
    _clients: AsyncExitStack

    async def node(self, *, pool: str = "", language: str = "", wait_served: bool = True, **settings: Any) -> Node:
        """A simulated node of this test's pool, known to both gateways."""
        usual = {"sandbox": "simulated", "simulated_languages": [language or self.language], **FAST}
        node = self.stack.add_node(**{**usual, "pools": [pool or self.language], **settings})
        self._started.callback(self._end, node)
        if wait_served:
            await self.stack.wait_served(language or self.language)
        return node

    async def gateway(self, **settings: Any) -> tuple[Gateway, Client]:
        """A gateway of this test's own, on the same bus."""
        gateway = self.stack.add_gateway(**settings)
        self._started.callback(self._remove, gateway)
        return gateway, await self._clients.enter_async_context(gateway.client())

    async def client(self, number: int = 0) -> Client:
        """Of one of the two shared gateways."""
        return await self._clients.enter_async_context(self.stack.gateways[number].client())

    def _end(self, node: Node) -> None:
        node.stop()
        node.remove_containers()
        self.stack.nodes.remove(node)

    def _remove(self, gateway: Gateway) -> None:
        gateway.stop()
        self.stack.gateways.remove(gateway)


@pytest_asyncio.fixture
async def place(ground: Stack) -> AsyncIterator[Place]:
    with ExitStack() as started:
        async with AsyncExitStack() as clients:
            yield Place(ground, f"lang-{secrets.token_hex(4)}", started, clients)


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


async def known(client: Client, *nodes: Node) -> None:
    """Returns once the client's gateway knows all of them."""

    async def there() -> bool:
        return {node.name for node in nodes} <= {node.id for node in await client.nodes()}

    await eventually(there)
