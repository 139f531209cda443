"""Connections of HTTP: how many there may be, when each ends, and who is missed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from chassis.asgi_connection import Connection
from chassis.certificates import CertificateFiles
from tests.servers.certificates import make_certificate
from tests.unit.chassis.asgi_peers import GET, PATIENCE_S, get, post, said, serving


async def test_a_new_connection_takes_the_place_of_the_oldest_that_asks_for_nothing() -> None:
    async with serving(connections=3) as served:
        busy = await served.connect()
        busy.send(GET.replace(b"/ ", b"/wait "))
        await served.app.asked.wait()
        first, second = await served.connect(), await served.connect()
        new = await served.connect()
        assert await first.rest() == b""
        for peer in (second, new):
            peer.send(GET)
            assert (await peer.answer()).startswith(b"HTTP/1.1 200")
        served.app.may_answer.set()
        assert (await busy.answer()).startswith(b"HTTP/1.1 200")


async def test_where_all_ask_for_something_a_new_connection_goes() -> None:
    async with serving(connections=2) as served:
        peers = [await served.connect() for _ in range(2)]
        for peer in peers:
            served.app.asked.clear()
            peer.send(GET.replace(b"/ ", b"/wait "))
            await served.app.asked.wait()
        assert await (await served.connect()).rest() == b""
        served.app.may_answer.set()
        for peer in peers:
            assert (await peer.answer()).startswith(b"HTTP/1.1 200")


async def test_an_answer_that_nobody_reads_ends_its_connection() -> None:
    async with serving(unread_s=0.05) as served:
        peer = await served.connect()
        peer.send(GET.replace(b"/ ", b"/large "))
        await served.app.asked.wait()
        async with asyncio.timeout(PATIENCE_S):
            await served.app.answered.wait()


async def test_what_is_being_answered_has_its_grace_when_the_server_stops() -> None:
    async with serving() as served:
        idle, busy = await served.connect(), await served.connect()
        idle.send(GET)
        await idle.answer()
        served.app.asked.clear()
        busy.send(GET.replace(b"/ ", b"/wait "))
        await served.app.asked.wait()
        stopping = asyncio.create_task(served.server.stop(PATIENCE_S))
        assert await idle.rest() == b""
        served.app.may_answer.set()
        assert (await busy.rest()).startswith(b"HTTP/1.1 200")
        await stopping
        with pytest.raises(ConnectionError):
            await served.connect()


async def test_what_takes_longer_than_its_grace_ends() -> None:
    async with serving() as served:
        peer = await served.connect()
        peer.send(GET.replace(b"/ ", b"/wait "))
        await served.app.asked.wait()
        await served.server.stop(0.02)
        assert await peer.rest() == b""


@pytest.mark.parametrize("more", [b"", GET, GET * 3, get("/leave") * 2, b"GET / HT"])
async def test_who_goes_away_is_missed_whatever_he_asked_for_behind_it(more: bytes) -> None:
    async with serving() as served:
        peer = await served.connect()
        peer.send(get("/leave"))
        await served.app.asked.wait()
        peer.send(more)
        peer.writer.write_eof()
        peer.writer.transport.abort()
        async with asyncio.timeout(PATIENCE_S):
            await served.app.left.wait()
        await served.until_connections(0)


SOCKET = (
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: " + "A" * 22 + "==",
)
H2C = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQBAAAAAAIAAAAA")


async def test_a_question_for_a_socket_behind_another_request_or_with_a_body_is_passed_over() -> None:
    async with serving() as served:
        peer = await served.connect()
        peer.send(get("/wait") + get("/", *SOCKET))
        await served.app.asked.wait()
        served.app.may_answer.set()
        for _ in range(2):
            assert (await peer.answer()).startswith(b"HTTP/1.1 200")
        peer.send(post("/", b"body", *SOCKET))
        assert (await peer.answer()).startswith(b"HTTP/1.1 200")
        assert served.app.bodies[-1] == b"body"


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
async def test_a_question_for_another_protocol_is_passed_over_and_its_request_is_answered(piece: int) -> None:
    """Java's HttpClient asks for HTTP/2 in that way, whatever it sends."""
    sent = [post("/", b"GET /smuggled HTTP/1.1\r\n\r\n", *H2C), get("/", *H2C), post("/", b"third")]
    async with serving() as served:
        peer = await served.connect()
        data = b"".join(sent)
        for start in range(0, len(data), piece):
            peer.send(data[start : start + piece])
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            while len(served.app.bodies) < len(sent):  # noqa: ASYNC110  # each comes with its answer
                await asyncio.sleep(0.005)
        assert served.app.bodies == [b"GET /smuggled HTTP/1.1\r\n\r\n", b"", b"third"]


async def test_connect_is_no_way_to_another_server() -> None:
    async with serving() as served:
        for target in (b"/", b"x:443"):
            peer = await served.connect()
            peer.send(b"CONNECT " + target + b" HTTP/1.1\r\nhost: x\r\n\r\n")
            assert (await peer.rest()).startswith(b"HTTP/1.1 400")
        assert not served.app.asked.is_set()


async def test_what_is_left_of_a_request_that_has_its_answer_must_come_in_time() -> None:
    async with serving(head_s=0.1) as served:
        peer = await served.connect()
        peer.send(b"POST /at-once HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n")
        assert (await peer.answer()).startswith(b"HTTP/1.1 200")
        peer.send(b"x")  # whereupon the library waits for the rest for ever
        assert await peer.rest() == b""


async def test_after_the_rest_of_a_request_that_has_its_answer_a_connection_is_kept_for_a_while() -> None:
    async with serving(idle_s=1) as served:
        peer = await served.connect()
        peer.send(b"POST /at-once HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nx")
        await peer.answer()
        peer.send(b"y" + GET)
        assert (await peer.answer()).startswith(b"HTTP/1.1 200")
        peer.send(b"POST /at-once HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nx")
        await peer.answer()
        peer.send(b"y")
        assert await peer.rest() == b""


@pytest.mark.parametrize("head", [get("/some", "connection: close"), get("/some")])
async def test_a_connection_that_is_closed_does_not_wait_for_ever_until_its_answer_is_read(head: bytes) -> None:
    async with serving(unread_s=0.2, idle_s=1) as served:
        peer = served.that_reads_nothing()
        with peer:
            peer.sendall(head)
            await served.app.asked.wait()
            await served.until_connections(1)
            await served.until_connections(0)


async def test_where_nobody_is_idle_who_does_not_read_makes_room() -> None:
    async with serving(connections=2) as served:
        with served.that_reads_nothing() as unread:
            unread.sendall(get("/large"))
            await served.app.asked.wait()
            served.app.asked.clear()
            busy = await served.connect()
            busy.send(get("/wait"))
            await served.app.asked.wait()
            new = await served.connect()
            new.send(GET)
            assert (await new.answer()).startswith(b"HTTP/1.1 200")
            served.app.may_answer.set()
            assert (await busy.answer()).startswith(b"HTTP/1.1 200")


async def test_a_fault_of_the_application_is_in_the_log() -> None:
    with capture_logs() as lines:
        async with serving() as served:
            peer = await served.connect()
            peer.send(get("/fail"))
            assert (await peer.answer()).startswith(b"HTTP/1.1 500")
    assert [(one["event"], one["path"], str(one["exc_info"])) for one in said(lines)] == [
        ("http_request_failed", "/fail", "a fault")
    ]


async def test_a_body_that_was_sent_for_nothing_is_not_kept() -> None:
    async with serving() as served:
        peer = await served.connect()
        peer.send(b"POST /at-once HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n" + b"x" * 60_000)
        await peer.answer()
        (connection,) = served.server._connections
        assert isinstance(connection, Connection)
        assert len(connection.cycle.body) == 0


async def test_a_handshake_of_tls_that_does_not_arrive_in_time_ends_its_connection(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    async with serving(CertificateFiles(str(made.chain), str(made.key)), head_s=0.1) as served:
        for sent in (b"", b"\x16\x03\x01"):
            peer = await served.connect()
            peer.send(sent)
            assert await peer.rest() == b""
