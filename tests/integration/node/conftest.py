"""Nodes with a simulated sandbox on a real bus and a real directory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio

from node.main import Node
from tests.fakes.node import FixedProbe
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.running_nodes import StartNode, running_node
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer


@pytest_asyncio.fixture
async def gateway(nats_server: NatsServer) -> AsyncIterator[GatewayStandIn]:
    client = await nats_server.connect()
    gateway = GatewayStandIn(client)
    await gateway.open()
    yield gateway
    await client.close()


@pytest_asyncio.fixture
async def start_node(nats_server: NatsServer, etcd_server: EtcdServer) -> AsyncIterator[StartNode]:
    """Ready when it returns; drained at the end. ``probe`` says what load it measures."""
    async with AsyncExitStack() as stack:

        async def start(name: str = "n1", *, probe: FixedProbe | None = None, **changes: object) -> Node:
            settings: dict[str, object] = {
                "sandbox": "simulated",
                "nats_urls": [nats_server.url],
                "etcd_endpoints": [etcd_server.endpoint],
                "concurrency": 2,
                "http_address": "127.0.0.1:0",
                "drain_s": 2.0,
                **changes,
            }
            return await running_node(stack, name, settings, probe or FixedProbe())

        yield start
