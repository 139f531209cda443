"""One test's share of the stack that all tests of the guarantees run on."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Any

from coderunner import Client
from tests.servers.stack import Gateway, Node, Stack

FAST: dict[str, Any] = {"heartbeat_s": 0.5, "reconnect_max_s": 0.5}


@dataclass(frozen=True, slots=True)
class SharedStack:
    """The stack of all tests of the guarantees, and a language that only this test's nodes serve."""

    stack: Stack
    language: str
    _started: ExitStack
    _clients: AsyncExitStack

    async def node(self, *, pool: str = "", language: str = "", wait_served: bool = True, **settings: Any) -> Node:
        """Starts a simulated node of this test's pool, known to both gateways."""
        usual = {"sandbox": "simulated", "simulated_languages": [language or self.language], **FAST}
        node = self.stack.add_node(**{**usual, "pools": [pool or self.language], **settings})
        self._started.callback(self._end, node)
        if wait_served:
            await self.stack.wait_served(language or self.language)
        return node

    async def gateway(self, **settings: Any) -> tuple[Gateway, Client]:
        """Starts a gateway of this test's own on the same bus, and gives a client of it."""
        gateway = self.stack.add_gateway(**settings)
        self._started.callback(self._remove, gateway)
        return gateway, await self._clients.enter_async_context(gateway.client())

    async def client(self, number: int = 0) -> Client:
        """A client of one of the two common gateways."""
        return await self._clients.enter_async_context(self.stack.gateways[number].client())

    def _end(self, node: Node) -> None:
        node.stop()
        node.remove_containers()
        self.stack.nodes.remove(node)

    def _remove(self, gateway: Gateway) -> None:
        gateway.stop()
        self.stack.gateways.remove(gateway)
