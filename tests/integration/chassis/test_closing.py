"""The connection to the bus at the end of a process, where the bus is not as it should be."""

from __future__ import annotations

import asyncio

import pytest

from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from tests.servers.fixtures import StartNats
from tests.servers.settling import settled
from tests.servers.waiting import eventually

SOON_S = 8.0
"""Until ``close`` has returned; it may try to send what is left."""


@pytest.mark.parametrize("url", ["nats://", "nats://127.0.0.1:port"])
async def test_a_connection_whose_address_cannot_be_read_is_closed_all_the_same(url: str) -> None:
    """The library asserted that it had been connected before."""
    bus = BusConnection(BusSettings(urls=[url]))
    bus.start()
    await asyncio.sleep(0)
    await asyncio.wait_for(bus.close(), SOON_S)


async def test_a_connection_is_closed_while_the_server_reads_nothing_and_the_buffer_is_full(
    start_nats: StartNats,
) -> None:
    """It waited for ever for the socket to take what was left."""
    server = start_nats()
    bus = BusConnection(BusSettings(urls=[server.url]))
    bus.start()
    await bus.wait_connected()
    server.pause()
    for _ in range(300):
        bus.post("a.b", bytes(100_000))
    await asyncio.wait_for(bus.close(), SOON_S)


async def test_a_connection_is_closed_in_the_instant_in_which_it_is_lost(start_nats: StartNats) -> None:
    """The library's own cancellation of its reconnection came out of ``close``."""
    server = start_nats()
    bus = BusConnection(BusSettings(urls=[server.url]))
    bus.start()
    await bus.wait_connected()
    server.kill()
    await asyncio.wait_for(bus.close(), SOON_S)


async def test_a_closed_connection_has_sent_all_that_was_posted(start_nats: StartNats) -> None:
    server = start_nats()
    client = await server.connect()
    received: list[bytes] = []

    async def on_message(message: object) -> None:
        received.append(message.data)  # type: ignore[attr-defined]

    await client.subscribe("a.b", cb=on_message)
    await settled(client)
    bus = BusConnection(BusSettings(urls=[server.url], post_after_s=10.0))
    bus.start()
    await bus.wait_connected()
    sent = [b"%d" % number for number in range(1000)]
    for payload in sent:
        bus.post("a.b", payload)
    await bus.close()
    await eventually(lambda: len(received) == len(sent))
    assert received == sent
    await client.close()
