"""A gateway's connection to a real bus on which every stream and consumer is declared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from broker_gateway.infrastructure.bus import declare
from broker_gateway.infrastructure.bus.declare import Declaration
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas import topology
from schemas.topology import BusLimits
from tests.servers import NatsServer

Connect = Callable[..., Awaitable[BusConnection]]


@asynccontextmanager
async def declared(
    settings: BusSettings, limits: BusLimits | None = None, *, within_s: float = 15.0
) -> AsyncIterator[BusConnection]:
    """Connected, and everything is declared."""
    bus = BusConnection(settings)
    declaration = Declaration(bus, limits or BusLimits())
    bus.start()
    try:
        async with asyncio.timeout(within_s):
            await declaration.done.wait()
        yield bus
    finally:
        await declaration.close()
        await bus.close()


def declared_bus(
    server: NatsServer, limits: BusLimits | None = None, timeout_s: float = 5.0
) -> AbstractAsyncContextManager[BusConnection]:
    """A declared bus on one server without roles."""
    return declared(BusSettings(urls=[server.url], timeout_s=timeout_s, reconnect_max_s=0.5), limits)


async def start_empty(server: NatsServer) -> None:
    """nats-server removes a deleted stream's files in the background: one that is created again at once may find them
    and come back with its messages. Returns once all streams are there and have never had a message."""
    async with declared_bus(server) as bus, asyncio.timeout(15):
        for config in topology.streams(BusLimits()):
            name = config["name"]
            while (await jetstream.call(bus, f"STREAM.INFO.{name}"))["state"]["last_seq"]:
                await jetstream.call(bus, f"STREAM.DELETE.{name}")
                await declare.ensure_all(bus, BusLimits())
