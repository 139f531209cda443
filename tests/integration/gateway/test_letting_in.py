"""Nodes that joined at the door of a real bus: who is let in, with which rights, for how long, and who is not."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client

from broker_gateway.infrastructure.bus.joined_nodes import BusJoinedNodes
from broker_gateway.infrastructure.bus.letting_in import Entry, LettingIn
from broker_gateway.infrastructure.bus.nats_jwt import AccountKey
from chassis.nats import public_keys
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas import names
from schemas.joined import AUTH_REQUESTS, JOINED_WILDCARD, JoinedNode
from schemas.topology import BusLimits
from tests.fakes.nats_keys import Key, jwt, question, shown
from tests.integration.gateway.declared_bus import declared
from tests.integration.gateway.door import Door
from tests.integration.stack.every_subject import every_subject
from tests.servers import NatsServer
from tests.servers.nats import PASSWORDS, NatsCluster
from tests.servers.waiting import eventually

PATIENCE_S = 15.0
LET_IN, REFUSED = b"PONG", b"-ERR 'Authorization Violation'"
URL_ALPHABET = str.maketrans("+/", "-_")
_REFUSED = re.compile(r'permissions violation for publish to "([^"]+)"', re.IGNORECASE)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    directory = tmp_path / "account"
    server = NatsServer(tmp_path, roles=True, nodes={"node": ["default"]}, joins=directory)
    server.start()
    yield Door(directory, server)
    server.stop()


async def join(nodes: BusJoinedNodes, key: Key, node_id: str = "n1", *pools: str) -> None:
    node = JoinedNode(
        node_id=node_id, pools=list(pools or ["default"]), nats_public_key=key.public, joined_at_ms=1, by="lab"
    )
    assert await nodes.put(node, after=0)


async def forget(nodes: BusJoinedNodes, node_id: str = "n1") -> None:
    found = await nodes.find(node_id)
    assert found is not None
    assert await nodes.remove(found)


async def is_refused(connection: BusConnection) -> None:
    """Returns once the bus has said so."""
    await eventually(lambda: "authorization violation" in connection.words().lower(), PATIENCE_S)


def always(said: dict[str, str]) -> Callable[[str], dict[str, str]]:
    """The same words, whatever the nonce."""
    return lambda _nonce: said


async def knocked(door: Door, said: Callable[[str], dict[str, str]]) -> bytes:
    """The bus's first word to somebody who says that, which may hang on its nonce."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.server.port)
    try:
        nonce = json.loads((await reader.readline()).removeprefix(b"INFO "))["nonce"]
        options = {"verbose": False, "pedantic": False, **said(nonce)}
        writer.write(b"CONNECT " + json.dumps(options).encode() + b"\r\nPING\r\n")
        return (await asyncio.wait_for(reader.readline(), PATIENCE_S)).strip()
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def refused(client: Client, told: list[Exception]) -> set[str]:
    """The subjects that the server does not let this client publish to."""
    for subject in every_subject():
        await client.publish(subject, b"")
    for _ in range(2):
        await client.flush()
    return {found for error in told for found in _REFUSED.findall(str(error))}


async def publishing(server: NatsServer, **options: Any) -> set[str]:
    told: list[Exception] = []

    async def on_error(error: Exception) -> None:
        told.append(error)

    client = await nats.connect(server.url, error_cb=on_error, max_reconnect_attempts=1, **options)
    try:
        return await refused(client, told)
    finally:
        await client.close()


async def test_a_node_that_joined_may_what_a_node_of_the_configuration_may_and_nothing_else(door: Door) -> None:
    key = Key()
    async with door.gateway() as nodes:
        await join(nodes, key)
        seed = door.directory / "node.nk"
        seed.write_bytes(key.seed)
        joined = await publishing(door.server, nkeys_seed=str(seed), token="joined-n1")
        configured = await publishing(door.server, user="node", password=PASSWORDS["node"])
    assert configured
    assert joined == configured


async def test_it_hears_its_own_orders_and_its_own_inbox_and_nobody_elses(door: Door) -> None:
    key, told = Key(), list[str]()

    async def on_error(error: Exception) -> None:
        told.append(str(error).lower())

    async with door.gateway() as nodes:
        await join(nodes, key)
        seed = door.directory / "node.nk"
        seed.write_bytes(key.seed)
        client = await nats.connect(door.server.url, error_cb=on_error, nkeys_seed=str(seed), token="joined-n1")
        own = ("_INBOX_joined-n1.>", names.node_subject("n1"), names.CANCEL_WILDCARD, names.ROLL_CALL)
        others = ("_INBOX_gateway.>", "_INBOX_node.>", "_INBOX.>", names.node_subject("n2"), AUTH_REQUESTS, ">")
        for subject in (*own, *others, names.RESULTS_WILDCARD, JOINED_WILDCARD):
            await client.subscribe(subject)
        for _ in range(2):
            await client.flush()
        await client.close()
    heard = {subject for subject in (*own, *others) if not any(f'"{subject.lower()}"' in error for error in told)}
    assert heard == set(own)
    assert len(told) == len(others) + 2


async def test_another_key_an_unknown_id_and_no_key_at_all_are_refused(door: Door) -> None:
    key = Key()
    async with door.gateway() as nodes:
        await join(nodes, key)
        strangers = [(Key(), "joined-n1"), (key, "joined-n2"), (key, "gateway"), (key, "n1"), (Key(), "node")]
        for stranger, user in strangers:
            async with door.node(stranger, user) as connection:
                await is_refused(connection)
                assert not connection.connected()
        for options in ({}, {"user": "joined-n1", "pass": "x"}, {"auth_token": "joined-n1"}):
            assert await knocked(door, always(options)) == REFUSED
        assert Entry.LET_IN not in door.counted
        async with door.node(key) as connection:
            await asyncio.wait_for(connection.wait_connected(), PATIENCE_S)


async def test_a_signature_of_another_nonce_opens_nothing(door: Door) -> None:
    key = Key()
    async with door.gateway() as nodes:
        await join(nodes, key)
        for nonce in ("of another connection", None):

            def said(given: str, signed: str | None = nonce) -> dict[str, str]:
                found = shown(key, "joined-n1", nonce=signed or given)
                return found | {"sig": found["sig"].translate(URL_ALPHABET).rstrip("=")}  # as Go's client writes it

            assert await knocked(door, said) == (REFUSED if nonce else LET_IN)


async def test_those_that_the_configuration_knows_enter_without_any_gateway(door: Door) -> None:
    for user in ("gateway", "node", "operator", "system"):
        assert await knocked(door, always({"user": user, "pass": PASSWORDS[user]})) == LET_IN
        assert await knocked(door, always({"user": user, "pass": "wrong"})) == REFUSED


async def test_a_node_comes_again_when_its_time_is_over_and_a_forgotten_one_is_out(door: Door) -> None:
    key = Key()
    async with door.gateway(lifetime_s=2.0) as nodes:
        await join(nodes, key)
        async with door.node(key) as connection:
            await eventually(lambda: connection.times_connected >= 2, PATIENCE_S)
            await forget(nodes)
            await eventually(lambda: not connection.connected(), PATIENCE_S)
            await is_refused(connection)
            came = connection.times_connected
            await join(nodes, key)
            await eventually(lambda: connection.times_connected > came, PATIENCE_S)


async def test_without_a_gateway_a_node_waits_at_the_door_and_is_let_in_by_the_next(door: Door) -> None:
    key = Key()
    async with door.gateway() as nodes:
        await join(nodes, key)
    async with door.node(key) as connection:
        await eventually(lambda: "not connected: no try" not in connection.words(), PATIENCE_S)
        assert not connection.connected()
        async with door.gateway():
            await eventually(connection.connected, PATIENCE_S)


async def test_a_bus_that_was_started_again_still_knows_who_joined(door: Door) -> None:
    key = Key()
    async with door.gateway() as nodes:
        await join(nodes, key)
        async with door.node(key) as connection:
            await eventually(connection.connected, PATIENCE_S)
            door.server.restart()
            await eventually(lambda: connection.times_connected >= 2, PATIENCE_S)


async def test_of_two_gateways_one_answers_each(door: Door) -> None:
    keys = [Key() for _ in range(6)]
    async with door.gateway() as nodes, door.gateway():
        for number, key in enumerate(keys):
            await join(nodes, key, f"n{number}")
        async with AsyncExitStack() as stack:
            for number, key in enumerate(keys):
                connection = await stack.enter_async_context(door.node(key, f"joined-n{number}"))
                await eventually(connection.connected, PATIENCE_S)
    assert door.counted == [Entry.LET_IN] * len(keys)


async def test_whichever_server_of_a_cluster_a_node_comes_to_the_gateway_at_another_is_asked(tmp_path: Path) -> None:
    cluster, key = NatsCluster(tmp_path, roles=True, nodes={"node": ["default"]}, joins=tmp_path / "account"), Key()
    try:
        cluster.start()
        door = Door(tmp_path / "account", cluster.servers[0], replicas=3)
        async with door.gateway() as nodes:
            await join(nodes, key)
            for server in cluster.servers:
                async with door.node(key, to=server) as connection:
                    await asyncio.wait_for(connection.wait_connected(), PATIENCE_S)
                async with door.node(Key(), to=server) as stranger:
                    await is_refused(stranger)
    finally:
        cluster.stop()


async def test_after_garbage_on_its_subject_a_gateway_still_answers(nats_server: NatsServer) -> None:
    """On a server without roles: with them nobody but the server may publish there."""
    server, node, account = Key("N"), Key(), Key("A")
    counted: list[Entry] = []
    async with declared(BusSettings(urls=[nats_server.url]), BusLimits(joins=True)) as bus:
        nodes = BusJoinedNodes(bus)
        await join(nodes, node)
        letting_in = LettingIn(bus, nodes, AccountKey(account.seed), count=counted.append)
        await letting_in._listen()
        await bus.settle(bus.current)
        client = await nats_server.connect()
        garbage = (b"", b"\x00" * 100_000, b"a.b.c", b'{"a":1}', jwt({"iss": server.public}, server))
        for one in garbage:
            await client.publish(AUTH_REQUESTS, one, reply="somewhere")
        await client.publish(AUTH_REQUESTS, b"without a reply")
        await client.flush()
        asked = question(server, about=Key().public, at_s=int(time.time()), said=shown(node, "joined-n1"))
        answer = await client.request(AUTH_REQUESTS, jwt(asked, server), timeout=PATIENCE_S)
        signed, _, signature = answer.data.rpartition(b".")
        raw = base64.urlsafe_b64decode(signature + b"==")
        assert public_keys.is_signed(account.public, signed, raw, public_keys.ACCOUNT)
        assert sorted(counted) == sorted([Entry.NOT_ANSWERED] * (len(garbage) + 1) + [Entry.LET_IN])
        await client.close()
        await letting_in.close()
