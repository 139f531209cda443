"""Requests and their answers over a real server, as the node's own clients of the bus make them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection, NobodyListensError
from node.infrastructure.bus.inbox import Inbox
from tests.servers.bus import node_connection
from tests.servers.fixtures import StartNats
from tests.servers.nats import NatsServer
from tests.servers.waiting import eventually

MANY = 100


class Heard:
    def __init__(self) -> None:
        self.messages: list[bytes] = []

    async def __call__(self, message: Msg) -> None:
        self.messages.append(message.data)


@pytest_asyncio.fixture
async def client(nats_server: NatsServer) -> AsyncIterator[Client]:
    client = await nats_server.connect()
    yield client
    await client.close()


async def settled(client: Client) -> None:
    """Everything sent before has been served: the first ping overtakes what is in the buffer, the second does not."""
    await client.flush()
    await client.flush()


async def nobody_listens(client: Client, subject: str) -> bool:
    try:
        await client.request(subject, b"?", timeout=0.2)
    except NoRespondersError:
        return True
    except TimeoutError:
        return False
    return False


async def test_what_was_on_its_way_when_an_inbox_was_shut_is_still_heard(client: Client) -> None:
    heard = Heard()
    inbox = Inbox(lambda: client, heard.__call__)
    await inbox.open()
    for number in range(MANY):
        await client.publish(f"{inbox.name}.{number}", b"%d" % number)
    await inbox.shut()  # nothing of it has left yet: all of it comes back after this
    await eventually(lambda: len(heard.messages) == MANY, 5)


async def test_the_server_forgets_an_inbox_that_was_shut_and_it_opens_under_another_name(client: Client) -> None:
    heard = Heard()
    inbox = Inbox(lambda: client, heard.__call__)
    await inbox.open()
    before = inbox.name
    await inbox.shut()
    assert inbox.name == ""
    await inbox.open()
    assert await nobody_listens(client, f"{before}.1")
    assert not await nobody_listens(client, f"{inbox.name}.1")
    await eventually(lambda: heard.messages == [b"?"], 5)


async def test_nothing_arrives_any_more_once_an_inbox_is_closed(client: Client) -> None:
    heard = Heard()
    inbox = Inbox(lambda: client, heard.__call__)
    await inbox.open()
    name = inbox.name
    await client.publish(f"{name}.1", b"on its way")
    await inbox.close()
    assert heard.messages == [b"on its way"]
    assert await nobody_listens(client, f"{name}.1")
    assert len(client._subs) == 1  # that of the requests


async def test_an_inbox_that_was_shut_opens_after_a_reconnection(start_nats: StartNats) -> None:
    server = start_nats()
    client = await server.connect()
    heard = Heard()
    inbox = Inbox(lambda: client, heard.__call__)
    await inbox.open()
    await inbox.shut()
    await settled(client)
    lost = client.stats["reconnects"]
    server.restart()
    await eventually(lambda: client.is_connected and client.stats["reconnects"] > lost, 10)
    await inbox.open()
    await client.publish(f"{inbox.name}.1", b"again")
    await eventually(lambda: heard.messages == [b"again"], 5)
    await client.close()


@pytest_asyncio.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[BusConnection]:
    bus = await node_connection(nats_server.url)
    yield bus
    await bus.close()


async def test_many_requests_at_once_get_their_own_answers(bus: BusConnection, client: Client) -> None:
    async def echo(message: Msg) -> None:
        await message.respond(message.data)

    await client.subscribe("echo", cb=echo)
    await settled(client)
    asked = [b"%d" % number for number in range(MANY)]
    answers = await asyncio.gather(*(bus.request("echo", payload) for payload in asked))
    assert [answer.data for answer in answers] == asked


async def test_who_asks_where_nobody_listens_is_told_at_once(bus: BusConnection) -> None:
    async with asyncio.timeout(bus.settings.timeout_s / 2):
        with pytest.raises(NobodyListensError, match="nobody listens"):
            await bus.request("nobody", b"")


async def test_an_answer_is_waited_for_no_longer_than_its_time(bus: BusConnection, client: Client) -> None:
    await client.subscribe("silence")
    await settled(client)
    with pytest.raises(BusUnavailableError, match="no answer on silence"):
        await bus.request("silence", b"", timeout_s=0.1)
