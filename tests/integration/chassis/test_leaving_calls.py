"""The connection to the bus that many calls share: who goes away in the middle of his own ends no other's."""

from __future__ import annotations

import asyncio

from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from tests.servers.fixtures import StartNats

PATIENCE_S = 3.0
"""Less than the connection would take to see that nothing is heard any more."""


async def test_who_goes_before_the_server_has_answered_leaves_the_connection_to_the_others(
    start_nats: StartNats,
) -> None:
    """The library ended its read loop at the answer that nobody waited for: the bus was away for fifteen seconds, for
    everybody, whenever a watcher of a task closed his page at the wrong moment."""
    server = start_nats()
    bus = BusConnection(BusSettings(urls=[server.url]))
    bus.start()
    try:
        await bus.wait_connected()
        client = await bus.client()
        server.pause()
        settling = asyncio.create_task(bus.settle(client))
        while not client._pongs:  # noqa: ASYNC110  # nobody is told of it
            await asyncio.sleep(0)
        settling.cancel()
        await asyncio.wait({settling})
        server.resume()
        async with asyncio.timeout(PATIENCE_S):
            await bus.settle(client)
        assert bus.times_connected == 1
    finally:
        server.resume()
        await bus.close()
