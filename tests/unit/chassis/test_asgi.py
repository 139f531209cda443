"""The server of HTTP for ASGI applications: whatever a peer sends, it costs little and ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.asgi import AsgiServer
from chassis.asgi_connection import AsgiBounds
from chassis.certificates import CertificateFiles
from tests.servers.certificates import make_certificate

PATIENCE_S = 5.0
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
SIZES = {"/large": 64 << 20, "/some": 48 << 10}
SEEN: ContextVar[str] = ContextVar("seen", default="")


class App:
    """Answers with what it was sent; ``/wait`` once it may, ``/large`` with more than a socket holds, ``/some`` with a
    little, ``/at-once`` before a body is there. ``/leave`` waits until its caller goes, and ``/fail`` fails."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked = asyncio.Event()
        self.answered = asyncio.Event()
        self.left = asyncio.Event()
        self.bodies: list[bytes] = []
        self.seen: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(SEEN.get())
        SEEN.set(scope["path"])
        self.asked.set()
        if scope["path"] == "/wait":
            await self.may_answer.wait()
        elif scope["path"] == "/fail":
            raise ValueError("a fault")
        body, more = b"", scope["path"] != "/at-once"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            body, more = body + message.get("body", b""), message["more_body"] or scope["path"] == "/leave"
        self.bodies.append(body)
        body = b"x" * SIZES[scope["path"]] if scope["path"] in SIZES else body
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, len(body) or 1, 1 << 16):
            part = body[start : start + (1 << 16)]
            await send({"type": "http.response.body", "body": part, "more_body": start + (1 << 16) < len(body)})
        self.answered.set()


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> bytes:
        """The next answer that has no body."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def rest(self) -> bytes:
        """What comes until the connection ends, which it must."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.reader.read(-1)
            except ConnectionError:
                return b""


class Served:
    def __init__(self, server: AsgiServer, app: App) -> None:
        self.server, self.app = server, app
        self._port = server.port
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> Peer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers.append(writer)
        return Peer(reader, writer)

    def that_reads_nothing(self) -> socket.socket:
        """A peer whose answers wait in this process, as the kernel holds little of them."""
        assert self.server._listening is not None
        self.server._listening.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        peer.connect(("127.0.0.1", self._port))
        return peer

    async def until_connections(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.server.connections != count:  # noqa: ASYNC110  # nobody is told of it
                await asyncio.sleep(0.005)

    def end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def serving(certificate: CertificateFiles | None = None, **bounds: Any) -> AsyncIterator[Served]:
    app = App()
    server = AsgiServer("127.0.0.1:0", app, certificate, bounds=AsgiBounds(**bounds))
    await server.start()
    served = Served(server, app)
    try:
        yield served
    finally:
        served.end()
        await server.close()


async def test_requests_are_answered_and_a_connection_is_kept_for_the_next() -> None:
    async with serving() as served:
        peer = await served.connect()
        for _ in range(3):
            peer.send(GET)
            assert (await peer.answer()).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_what_one_request_leaves_in_its_context_the_next_one_does_not_see() -> None:
    async with serving() as served:
        peer = await served.connect()
        peer.send(GET * 3)
        for _ in range(3):
            await peer.answer()
        assert served.app.seen == ["", "", ""]


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ", b"\r\n"])
async def test_a_head_that_does_not_arrive_in_time_ends_its_connection(sent: bytes) -> None:
    async with serving(head_s=0.05) as served:
        peer = await served.connect()
        peer.send(sent)
        assert await peer.rest() == b""


async def test_a_second_head_that_does_not_arrive_in_time_does_so_too() -> None:
    async with serving(head_s=0.05) as served:
        peer = await served.connect()
        peer.send(GET)
        await peer.answer()
        peer.send(b"GET / HT")
        assert await peer.rest() == b""


async def test_an_answer_is_not_cut_off_by_a_stray_line_feed_of_its_caller() -> None:
    async with serving(head_s=0.02) as served:
        peer = await served.connect()
        peer.send(GET.replace(b"/ ", b"/wait ") + b"\r\n")
        await served.app.asked.wait()
        await asyncio.sleep(0.1)
        served.app.may_answer.set()
        assert (await peer.answer()).startswith(b"HTTP/1.1 200")


async def test_a_connection_on_which_nothing_more_is_asked_ends() -> None:
    async with serving(idle_s=1) as served:
        peer = await served.connect()
        peer.send(GET)
        await peer.answer()
        assert await peer.rest() == b""


def head_without_end() -> bytes:
    return b"GET / HTTP/1.1\r\nx: " + b"y" * (300 << 10)


def line_without_end() -> bytes:
    return b"GET /" + b"y" * (300 << 10)


def many_headers() -> bytes:
    return b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n"


def trailers_without_end() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 200


def one_trailer_without_end() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: " + b"y" * (2 << 20)


def body_in_tiny_chunks() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 300_000


def large_body() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999999\r\n\r\n" + b"y" * (2 << 20)


def many_at_once() -> bytes:
    return GET.replace(b"/ ", b"/wait ") + GET * 100


def two_lengths() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"


def length_and_chunks() -> bytes:
    return b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"


def no_http() -> bytes:
    return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 50


def http_2() -> bytes:
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        *(head_without_end, line_without_end, many_headers, trailers_without_end, one_trailer_without_end),
        *(body_in_tiny_chunks, large_body, many_at_once, two_lengths, length_and_chunks, no_http, http_2),
    ],
)
async def test_what_is_too_much_or_no_http_ends_its_connection_and_leaves_no_line(sent: Callable[[], bytes]) -> None:
    with capture_logs() as lines:
        async with serving(request_bytes=1 << 20) as served:
            peer = await served.connect()
            peer.send(sent())
            assert (await peer.rest())[:12] in (b"", b"HTTP/1.1 400")
            other = await served.connect()
            other.send(GET)
            assert (await other.answer()).startswith(b"HTTP/1.1 200")
    assert lines == []


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


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "host: x", *headers, "", "")).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "host: x", f"content-length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


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


H2C = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQBAAAAAAIAAAAA")


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
    assert [(one["event"], one["path"], str(one["exc_info"])) for one in lines] == [
        ("http_request_failed", "/fail", "a fault")
    ]


async def test_a_body_that_was_sent_for_nothing_is_not_kept() -> None:
    async with serving() as served:
        peer = await served.connect()
        peer.send(b"POST /at-once HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n" + b"x" * 60_000)
        await peer.answer()
        assert [len(one.cycle.body) for one in served.server._connections] == [0]


async def test_a_handshake_of_tls_that_does_not_arrive_in_time_ends_its_connection(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    async with serving(CertificateFiles(str(made.chain), str(made.key)), head_s=0.1) as served:
        for sent in (b"", b"\x16\x03\x01"):
            peer = await served.connect()
            peer.send(sent)
            assert await peer.rest() == b""
