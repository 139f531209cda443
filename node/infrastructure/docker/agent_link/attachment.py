"""The line to one agent: the engine's attach call, upgraded to a raw stream on this event loop.

The HTTP request is written here and not by the engine's SDK, whose attach gives a blocking socket: this is the path
that every task takes. Where a direct line (ADR 0009) is open, frames go over that, and the attached stream only tells
of the container's end.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, cast

from node.infrastructure.docker.agent_link.direct import DirectLine
from node.infrastructure.docker.agent_link.frames import Decoder, FrameError, Message, Ready, encode
from node.infrastructure.docker.agent_link.requests import hello_header
from node.infrastructure.docker.agent_link.streams import STDOUT, Demultiplexer, StreamError

_MAX_HEAD_BYTES = 16 << 10
_STDERR_TAIL_BYTES = 2 << 10
_REQUEST = (
    "POST /containers/{id}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\n"
    "Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
)


class AttachError(Exception):
    """The container cannot be attached to, or its agent does not answer."""


class Attachment(asyncio.Protocol):
    """A line to the agent of one container. It calls ``on_message(message, body)`` for each message, in order, and
    ``on_lost(reason)`` at most once, when the line is gone."""

    def __init__(self) -> None:
        self.on_message: Callable[[Message, bytes], None] = lambda message, body: None
        self.on_lost: Callable[[str], None] = lambda reason: None
        self._transport: asyncio.Transport | None = None
        self._head = bytearray()
        self._attached = asyncio.get_running_loop().create_future()
        self._ready: asyncio.Future[Ready] | None = None
        self._nonce = ""
        self._direct: DirectLine | None = None
        self._chunks = Demultiplexer()
        self.frames = Decoder()
        self._stderr = bytearray()
        self._closed = False

    @classmethod
    async def open(cls, socket_path: str, container_id: str, patience_s: float) -> Attachment:
        """Attaches to a container. It may have been created and not started yet: nothing it says is missed. Raises
        AttachError."""
        try:
            async with asyncio.timeout(patience_s):
                _, line = await asyncio.get_running_loop().create_unix_connection(cls, socket_path)
                with ExitStack() as undo:
                    undo.callback(line.close)
                    line._write(_REQUEST.format(id=container_id).encode())
                    await line._attached
                    undo.pop_all()
        except (OSError, TimeoutError) as error:
            raise AttachError(f"cannot attach to {container_id[:12]}: {error or 'no answer'}") from error
        return line

    async def hello(self, patience_s: float, *, offer_direct_line: bool = False) -> Ready:
        """Waits until the agent says that its slot is verified clean. ``open_direct_line`` may follow where it was
        offered. Raises AttachError."""
        self._nonce = secrets.token_hex(16)
        self.frames.expect(self._nonce)
        self._ready = asyncio.get_running_loop().create_future()
        self.send(hello_header(self._nonce, self._direct_name if offer_direct_line else ""))
        try:
            async with asyncio.timeout(patience_s):
                return await self._ready
        except TimeoutError as error:
            raise AttachError(f"the agent did not answer within {patience_s:g} s{self.said()}") from error

    async def open_direct_line(self, pid: int) -> None:
        """Sends and receives past the engine from now on. ``pid``: the agent's process id on this host. To be called
        between ``hello`` and the first launch. Raises OSError where a direct line is not possible."""
        direct = await DirectLine.open(pid, self._direct_name, self._take_frames, self._lose)
        if self._closed:
            direct.close()
            raise ConnectionAbortedError("the container's line closed")
        self._direct = direct

    @property
    def is_direct(self) -> bool:
        """Whether frames go past the engine, so that the agent's end is heard at once."""
        return self._direct is not None

    @property
    def has_ended(self) -> bool:
        """Whether the agent is gone. A direct line asks the kernel, so that no launch goes to an agent that died a
        moment ago."""
        return self._closed or (self._direct is not None and self._direct.has_ended)

    @property
    def _direct_name(self) -> str:
        return f"coderunner-{self._nonce}"

    def send(self, header: dict[str, Any], *body: bytes) -> None:
        """Sends one frame, without waiting. On a line that is gone it is dropped: ``on_lost`` was called for that."""
        data = encode(header, *body)
        if self._direct is not None:
            self._direct.send(data)
        else:
            self._write(*data)

    def said(self) -> str:
        """The end of what the agent wrote to its standard error, for error messages; empty if it wrote nothing."""
        text = self._stderr.decode(errors="replace").strip()
        return f"; it said: {text}" if text else ""

    def close(self) -> None:
        """Hangs up, without calling ``on_lost``."""
        self._closed = True
        if self._direct is not None:
            self._direct.close()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            if not self._attached.done():
                data = self._take_head(data)
            for stream, chunk in self._chunks.feed(data):
                self._take(stream, chunk)
                if self._closed:
                    return
        except (StreamError, FrameError, AttachError) as error:
            self._lose(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(f"the container's line closed{f' ({exc})' if exc else ''}")

    def _take_head(self, data: bytes) -> bytes:
        """Reads the engine's HTTP answer, and returns what follows it."""
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if not end:
            if len(self._head) > _MAX_HEAD_BYTES:
                raise AttachError("the engine's answer does not end")
            return b""
        status = head.split(b" ", 2)[1:2]
        if status not in ([b"101"], [b"200"]):
            raise AttachError(f"the engine refused to attach: {bytes(self._head[:300]).decode(errors='replace')}")
        self._attached.set_result(None)
        return bytes(rest)

    def _take(self, stream: int, chunk: memoryview) -> None:
        if stream != STDOUT:
            self._stderr = (self._stderr + chunk)[-_STDERR_TAIL_BYTES:]
        elif self._direct is not None:
            raise FrameError("the agent speaks beside its line")
        else:
            self._take_messages(chunk)

    def _take_frames(self, data: bytes) -> None:
        try:
            self._take_messages(data)
        except FrameError as error:
            self._lose(str(error))

    def _take_messages(self, data: bytes | memoryview) -> None:
        for message, body in self.frames.feed(data):
            if isinstance(message, Ready):
                self._take_ready(message)
            else:
                self.on_message(message, body)
            if self._closed:
                return  # the slot was given up over this message

    def _take_ready(self, message: Ready) -> None:
        if self._ready is None or self._ready.done() or message.nonce != self._nonce:
            raise FrameError("a ready that nobody asked for")
        if message.protocol != 1:
            raise FrameError(f"protocol {message.protocol}")
        self._ready.set_result(message)

    def _write(self, *data: bytes) -> None:
        if self._transport is not None and not self._closed:
            self._transport.writelines(data)

    def _lose(self, reason: str) -> None:
        if self._closed:
            return
        self.close()
        reason += self.said()
        for future in (self._attached, self._ready):
            if future is not None and not future.done():
                future.set_exception(AttachError(reason))
        self.on_lost(reason)
