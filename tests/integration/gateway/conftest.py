"""A declared bus, as the gateway connects to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio

from chassis.nats.connection import BusConnection
from schemas.topology import BusLimits
from tests.integration.gateway.declared_bus import Connect, declared_bus, start_empty
from tests.servers import NatsServer


@pytest_asyncio.fixture
async def connect(nats_server: NatsServer) -> AsyncIterator[Connect]:
    """``await connect()``: one more gateway on the same server."""
    await start_empty(nats_server)
    async with AsyncExitStack() as open_buses:

        async def one(limits: BusLimits | None = None) -> BusConnection:
            return await open_buses.enter_async_context(declared_bus(nats_server, limits))

        yield one


@pytest_asyncio.fixture
async def bus(connect: Connect) -> BusConnection:
    return await connect()
