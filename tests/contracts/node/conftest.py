"""A real bus with a node's connection to it, for the suites of the node's ports."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from broker_gateway.infrastructure.bus.questions import NodeQuestions
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from node.infrastructure.bus.publisher import Publisher
from schemas.names import INBOX_GATEWAY
from tests.contracts.node.real_bus import RealBus
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.servers.bus import node_connection
from tests.servers.fixtures import StartNats


@pytest_asyncio.fixture
async def real_bus(start_nats: StartNats) -> AsyncIterator[RealBus]:
    server = start_nats(roles=True)
    client = await server.connect("gateway")
    gateway = GatewayStandIn(client)
    await gateway.open(answers=False)
    answering = BusConnection(BusSettings(urls=[server.url_as("gateway")], inbox_prefix=INBOX_GATEWAY, timeout_s=2.0))
    questions = NodeQuestions(answering)
    answering.start()
    await answering.wait_connected()
    await answering.settle(answering.current)
    bus = await node_connection(server.url_as("node"))
    yield RealBus(server, gateway, bus, Publisher(bus))
    await bus.close()
    await questions.close()
    await answering.close()
    await client.close()
