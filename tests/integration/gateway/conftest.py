"""A declared bus, as the gateway connects to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest_asyncio

from broker_gateway.infrastructure.bus.connection import BusConnection, BusSettings
from broker_gateway.infrastructure.bus.declare import Declaration
from schemas.topology import BusLimits
from tests.servers import NatsServer

Connect = Callable[..., Awaitable[BusConnection]]


@asynccontextmanager
async def declared_bus(
    server: NatsServer, limits: BusLimits | None = None, timeout_s: float = 5.0
) -> AsyncIterator[BusConnection]:
    """Connected, and everything is declared."""
    bus = BusConnection(BusSettings(urls=[server.url], timeout_s=timeout_s, reconnect_most_s=0.5))
    declaration = Declaration(bus, limits or BusLimits())
    bus.start()
    try:
        async with asyncio.timeout(15):
            await declaration.done.wait()
        yield bus
    finally:
        await declaration.close()
        await bus.close()


@pytest_asyncio.fixture
async def connect(nats_server: NatsServer) -> AsyncIterator[Connect]:
    """``await connect()``: one more gateway on the same server."""
    async with AsyncExitStack() as open_buses:

        async def one(limits: BusLimits | None = None) -> BusConnection:
            return await open_buses.enter_async_context(declared_bus(nats_server, limits))

        yield one


@pytest_asyncio.fixture
async def bus(connect: Connect) -> BusConnection:
    return await connect()
