"""One WebSocket (RFC 6455) of an ASGI application, bounded in size, pace and time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from uvicorn.server import ServerState
from websockets.frames import CTRL_OPCODES, Frame, Opcode
from websockets.protocol import State

from chassis.socket_frames import Frames, SocketBounds, handshake

_FEED_BYTES = 2048
"""Fed at once: some hundred frames at most, which cost the loop a few milliseconds."""
_NOT_UTF8, _TOO_MUCH, _FAULT, _RESTART = 1007, 1008, 1011, 1012


class Socket(asyncio.Protocol):
    """One connection, from its handshake on. It reads on only while the application takes what came, and while its peer
    takes what it is sent."""

    def __init__(
        self,
        app: Any,
        scope: dict[str, Any],
        state: ServerState,
        bounds: SocketBounds,
        make_room: Callable[[Any], None],
    ) -> None:
        """``scope``: of the request that asks for it. Raises HandshakeError."""
        self._handshake = handshake(scope)
        self._app = app
        self._scope = scope
        self._state = state
        self._bounds = bounds
        self._make_room = make_room
        self._loop = asyncio.get_running_loop()
        self._frames = Frames(bounds)
        self._pending = bytearray()
        self._message = bytearray()
        self._is_text = False
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._writable = asyncio.Event()
        self._writable.set()
        self._is_open = self._is_answered = self._is_lost = False
        self._is_present = True
        self._is_reading = True
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._feeding: asyncio.Handle | None = None
        self.transport: Any = None

    @property
    def is_idle(self) -> bool:
        """Whether it was told the end."""
        return self._is_answered and not self._is_open

    @property
    def is_unread(self) -> bool:
        """Whether its peer leaves what it was sent unread."""
        return not self._writable.is_set()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._state.connections.add(self)  # type: ignore[arg-type]  # its stub knows uvicorn's own alone
        self._make_room(self)
        self._heard.put_nowait({"type": "websocket.connect"})
        task = self._loop.create_task(self._run())
        task.add_done_callback(self._state.tasks.discard)
        self._state.tasks.add(task)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        for timer in self._timers.values():
            timer.cancel()
        if self._feeding is not None:
            self._feeding.cancel()
        self._state.connections.discard(self)
        self._writable.set()
        self._end(1006)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._is_present = True
        self._pending += data
        self._feed()

    def pause_writing(self) -> None:
        self._writable.clear()
        self._after("unread", self._bounds.unread_s, self.transport.abort)

    def resume_writing(self) -> None:
        self._writable.set()
        self._not_after("unread")
        self._feed()

    def shutdown(self) -> None:
        """The server stops: the peer is to come again, to another one."""
        if not self._is_answered:
            self.transport.close()
        elif self._is_open:
            self._close(_RESTART)
        self._end(_RESTART)

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        except Exception:  # noqa: BLE001 - the server has logged it
            self._answer(500)
        finally:
            if not self._is_answered:
                self._answer(500)
            elif self._is_open:
                self._close(_FAULT)

    async def _receive(self) -> dict[str, Any]:
        message = await self._heard.get()
        self._feed_soon()
        if message["type"] == "websocket.disconnect":
            self._heard.put_nowait(message)  # for whoever asks again
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        """Raises ConnectionResetError where nobody hears it."""
        if message["type"] == "websocket.send" and not self._is_open:
            raise ConnectionResetError("the peer has gone")
        if not self._is_lost:
            self._do(message)
            await self._writable.wait()

    def _do(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "websocket.accept" if not self._is_answered:
                self._accept(message)
            case "websocket.send":
                text = message.get("text")
                if text is not None:
                    self._frames.send_text(text.encode())
                else:
                    self._frames.send_binary(message.get("bytes") or b"")
                self._flush()
            case "websocket.close" if self._is_open:
                self._close(message.get("code") or 1000, message.get("reason") or "")
            case "websocket.close" if not self._is_answered:
                self._answer(403)
            case "websocket.http.response.start" if not self._is_answered:
                self._answer(message["status"], message["headers"])
            case "websocket.http.response.body" if not self._is_open:
                self.transport.write(message.get("body", b""))
                if not message.get("more_body", False):
                    self.transport.close()

    def _accept(self, message: dict[str, Any]) -> None:
        response = self._handshake
        if message.get("subprotocol"):
            response.headers["Sec-WebSocket-Protocol"] = message["subprotocol"]
        for name, value in message.get("headers", ()):
            response.headers[name.decode("latin-1")] = value.decode("latin-1")
        self._is_answered = self._is_open = True
        self.transport.write(response.serialize())
        self._after("beat", self._bounds.beat_s, self._beat)
        self._feed()

    def _answer(self, status: int, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """The answer where it does not become a WebSocket; a body may follow where there are headers."""
        if self._is_answered or self._is_lost:
            return
        self._is_answered = True
        told = list(headers) or [(b"content-length", b"0")]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in told)
        self.transport.write(b"HTTP/1.1 %d \r\nconnection: close\r\n%b\r\n" % (status, lines))
        self._after("close", self._bounds.close_s, self.transport.abort)
        if not headers:
            self.transport.close()

    def _feed(self) -> None:
        """Reads the frames of what came, as far as there is room for what they say."""
        self._feeding = None
        while self._pending and self._may_read():
            part = bytes(self._pending[:_FEED_BYTES])
            del self._pending[:_FEED_BYTES]
            self._frames.receive_data(part)
            frames = self._frames.events_received()
            for frame in frames:
                self._take(frame)  # type: ignore[arg-type]  # the others are of handshakes
            self._flush()
            if frames:
                break
        if self._is_lost or self.transport.is_closing():
            return
        if self._pending and self._may_read():
            self._feed_soon()
        self._read_on(reading=not self._pending)
        self._mind_message()

    def _feed_soon(self) -> None:
        """In the next turn of the loop, so that it is others' as well."""
        if self._feeding is None and not self._is_lost:
            self._feeding = self._loop.call_soon(self._feed)

    def _may_read(self) -> bool:
        return self._is_answered and self._writable.is_set() and self._heard.empty() and not self._is_lost

    def _read_on(self, *, reading: bool) -> None:
        if reading and not self._is_reading:
            self.transport.resume_reading()
        elif self._is_reading and not reading:
            self.transport.pause_reading()
        self._is_reading = reading

    def _mind_message(self) -> None:
        """A message that has begun is to end, unless it is we who do not read."""
        frames = self._frames
        if self._is_open and self._is_reading and (frames.current_size is not None or frames.reader.buffer):
            if "message" not in self._timers:
                self._after("message", self._bounds.message_s, lambda: self._fail(_TOO_MUCH, "a message took too long"))
        else:
            self._not_after("message")

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            received = self._frames.close_rcvd
            self._is_open = False
            self._end(received.code if received is not None else 1005)
            return
        if self._is_open and self._frames.is_flood(frame, self._loop.time()):
            self._fail(_TOO_MUCH, "too many frames that say nothing")
        if frame.opcode in CTRL_OPCODES or not self._is_open:
            return
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._message += frame.data
        if frame.fin:
            message, self._message = bytes(self._message), bytearray()
            self._say(message)

    def _say(self, message: bytes) -> None:
        if not self._is_text:
            self._heard.put_nowait({"type": "websocket.receive", "bytes": message})
            return
        try:
            text = message.decode()
        except UnicodeDecodeError:
            self._fail(_NOT_UTF8, "text must be UTF-8")
            return
        self._heard.put_nowait({"type": "websocket.receive", "text": text})

    def _beat(self) -> None:
        """Who is not read from cannot show that he is there."""
        if not self._is_present and self._is_reading:
            self._fail(_FAULT, "nothing is heard of the peer")
            return
        self._is_present = False
        if self._is_open:
            self._frames.send_ping(b"")
            self._flush()
            self._after("beat", self._bounds.beat_s, self._beat)

    def _fail(self, code: int, reason: str) -> None:
        self._close(code, reason)
        self._end(code)

    def _close(self, code: int, reason: str = "") -> None:
        """Tells the peer the end; it has a while to say so, too."""
        self._is_open = False
        if self._frames.state is State.OPEN:
            self._frames.send_close(code, reason)
            self._flush()
        self._after("close", self._bounds.close_s, self.transport.abort)
        if not self.transport.is_closing():
            while not self._heard.empty():
                self._heard.get_nowait()  # what was said before nobody listened
            self._feed()

    def _flush(self) -> None:
        """Writes what the protocol has to say; it ends where that ends."""
        for data in self._frames.data_to_send():
            if data:
                self.transport.write(data)
                continue
            failed = self._frames.parser_exc is not None
            if failed and self._frames.close_sent is not None:
                self._end(self._frames.close_sent.code)
            self._is_open = False
            self._after("close", self._bounds.close_s, self.transport.abort)
            self.transport.close()

    def _end(self, code: int) -> None:
        """Tells the application that its peer has gone."""
        self._heard.put_nowait({"type": "websocket.disconnect", "code": code})

    def _after(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        self._not_after(name)
        self._timers[name] = self._loop.call_later(seconds, then)

    def _not_after(self, name: str) -> None:
        if name in self._timers:
            self._timers.pop(name).cancel()
