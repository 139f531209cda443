"""What an inbox tells the server when it is closed, in the order in which it arrives there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import nats
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from node.infrastructure.bus.inbox import Inbox
from tests.servers.nats import NatsServer
from tests.servers.settling import settled


class Tap:
    """Passes a client's bytes on to the server, and keeps them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._copies: set[asyncio.Task[None]] = set()
        self.said = b""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._port)
        back = asyncio.create_task(_copy(server_reader, writer))
        self._copies.add(back)
        try:
            while data := await reader.read(1 << 16):
                self.said += data
                server_writer.write(data)
        finally:
            server_writer.close()
            await back
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)


@pytest_asyncio.fixture
async def tapped(nats_server: NatsServer) -> AsyncIterator[tuple[Tap, str]]:
    """The tap, and the address of the server behind it."""
    tap = Tap(nats_server.port)
    async with await asyncio.start_server(tap, "127.0.0.1", 0) as server:
        yield tap, f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("was_shut", [False, True])
async def test_a_closed_inbox_asked_whether_all_had_come_after_the_server_knew(
    tapped: tuple[Tap, str], *, was_shut: bool
) -> None:
    """Else a task that is sent between the answer and the unsubscription is thrown away by the client, unseen."""
    tap, url = tapped

    async def nothing(_message: Msg) -> None: ...

    client = await nats.connect(url)
    inbox = Inbox(lambda: client, nothing)
    await inbox.open()
    await settled(client)
    if was_shut:
        await inbox.shut()
    before = len(tap.said)
    await inbox.close()
    spoken = re.findall(rb"UNSUB|PING", tap.said[before:])
    await client.close()
    assert b"PING" in spoken[spoken.index(b"UNSUB") :]
