"""A real bus with a node's connection to it, for the suites of the node's ports."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from node.infrastructure.bus.publisher import Publisher
from tests.contracts.node.real_bus import RealBus
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.servers.bus import node_connection
from tests.servers.fixtures import StartNats


@pytest_asyncio.fixture
async def real_bus(start_nats: StartNats) -> AsyncIterator[RealBus]:
    server = start_nats(roles=True)
    client = await server.connect("gateway")
    gateway = GatewayStandIn(client)
    await gateway.open()
    bus = await node_connection(server.url_as("node"))
    yield RealBus(server, gateway, bus, Publisher(bus))
    await bus.close()
    await client.close()
