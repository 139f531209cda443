"""An ASGI application behind a real socket, and its peers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from chassis.asgi import AsgiServer
from chassis.asgi_connection import AsgiBounds
from chassis.certificates import CertificateFiles

PATIENCE_S = 5.0
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
SIZES = {"/large": 64 << 20, "/some": 48 << 10}
SEEN: ContextVar[str] = ContextVar("seen", default="")


def said(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines of a log that are written where nobody asked for all."""
    return [line for line in lines if line["log_level"] != "debug"]


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


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "host: x", *headers, "", "")).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "host: x", f"content-length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body
