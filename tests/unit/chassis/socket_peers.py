"""An ASGI application of WebSockets behind a real socket, and peers that write each frame by hand."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chassis.asgi import AsgiServer
from chassis.asgi_connection import AsgiBounds
from chassis.socket_frames import SocketBounds

PATIENCE_S = 5.0
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
HELLO = (
    b"GET /echo HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def frame(
    data: bytes = b"", kind: int = TEXT, *, fin: bool = True, size: int | None = None, masked: bool = True
) -> bytes:
    """One frame; ``size``: what it says of itself."""
    size = len(data) if size is None else size
    if size < 126:
        length = bytes([size])
    else:
        length = b"\x7e" + struct.pack("!H", size) if size < 1 << 16 else b"\x7f" + struct.pack("!Q", size)
    length = bytes([length[0] | 0x80 * masked]) + length[1:]
    mask = os.urandom(4) if masked else b""
    if masked:
        data = bytes(one ^ mask[place & 3] for place, one in enumerate(data))
    return bytes([kind | 0x80 * fin]) + length + mask + data


class EchoApp:
    """Says what it hears; ``/refuse`` answers with a status, ``/deaf`` hears nothing, ``/large`` says much, ``/fail``
    fails."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.ended: list[int] = []
        self.over = asyncio.Event()
        self.may_hear = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "websocket", scope
        assert (await receive())["type"] == "websocket.connect"
        if scope["path"] == "/refuse":
            headers = [(b"content-length", b"2")]
            await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": b"no"})
            return
        if scope["path"] == "/fail":
            raise ValueError("a fault")
        await send({"type": "websocket.accept", "subprotocol": next(filter(None, scope["subprotocols"]), None)})
        if scope["path"] == "/deaf":
            await self.may_hear.wait()
        if scope["path"] == "/large":
            for _ in range(64):
                await send({"type": "websocket.send", "bytes": bytes(1 << 20)})
        while (message := await receive())["type"] == "websocket.receive":
            said = message.get("text", message.get("bytes"))
            self.heard.append(said)
            if said == "end":
                await send({"type": "websocket.close", "code": 4000, "reason": "that was all"})
                break
            await send({**message, "type": "websocket.send"})
        self.ended.append(message.get("code", 0))
        self.over.set()


class SocketPeer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))

    async def head(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def next(self) -> tuple[int, bytes]:
        """Kind and data of the next frame."""
        async with asyncio.timeout(PATIENCE_S):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 15, await self.reader.readexactly(size)

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the close frame; what comes before it is passed over."""
        while True:
            kind, data = await self.next()
            if kind == CLOSE:
                return (struct.unpack("!H", data[:2])[0] if data else 1005), data[2:].decode()

    async def gone(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            try:
                while await self.reader.read(1 << 16):
                    pass
            except ConnectionError:
                return


class ServedSockets:
    def __init__(self, server: AsgiServer, app: EchoApp) -> None:
        self.server, self.app = server, app
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> SocketPeer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        self._writers.append(writer)
        return SocketPeer(reader, writer)

    async def opened(self, path: bytes = b"/echo") -> SocketPeer:
        peer = await self.connect()
        peer.send(HELLO.replace(b"/echo", path))
        assert (await peer.head()).startswith(b"HTTP/1.1 101 ")
        return peer

    async def until_connections(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.server.connections != count:  # noqa: ASYNC110  # nobody is told of it
                await asyncio.sleep(0.005)

    def end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def serving_sockets(connections: int = 0, **bounds: Any) -> AsyncIterator[ServedSockets]:
    app = EchoApp()
    asgi = AsgiBounds(connections=connections, sockets=SocketBounds(**bounds))
    server = AsgiServer("127.0.0.1:0", app, bounds=asgi)
    await server.start()
    served = ServedSockets(server, app)
    try:
        yield served
    finally:
        served.end()
        await server.close()
