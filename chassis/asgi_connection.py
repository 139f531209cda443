"""One connection of HTTP/1.1: uvicorn's protocol, and what its peer may cost us in bytes, in time and in number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from chassis.asgi_socket import Socket
from chassis.socket_frames import HandshakeError, SocketBounds


@dataclass(frozen=True, slots=True)
class AsgiBounds:
    """What one connection may cost, and how many there may be."""

    connections: int = 0
    """Of more, the oldest that asks for nothing goes, else the oldest that leaves an answer unread, else the new one.
    0: half of the process's descriptors."""
    head_bytes: int = 64 << 10
    """Of a request's first line and its headers."""
    headers: int = 100
    request_bytes: int = 128 << 20
    """Of a whole request on the wire: what frames a body in chunks is more than the body."""
    pipelined: int = 8
    """Requests that wait behind one that is being answered, on the same connection."""
    head_s: float = 10.0
    """Within which a request's headers are there."""
    idle_s: float = 60.0
    """How long a connection is kept between two requests."""
    unread_s: float = 30.0
    """How long a peer may leave an answer unread."""
    sockets: SocketBounds = field(default_factory=SocketBounds)
    """Of each WebSocket, which is one of the connections."""


class _RefusedError(HttpParserError):
    """What is raised within the parser, which then ends the connection with 400."""


class Connection(HttpToolsProtocol):
    """One connection. What its peer sends is bounded before anything is made of it."""

    def __init__(
        self, bounds: AsgiBounds, make_room: Callable[[Connection | Socket], None], config: Config, state: ServerState
    ) -> None:
        """``make_room`` is told of it once it is there, and of the WebSocket that it becomes."""
        super().__init__(config=config, server_state=state, app_state={}, _loop=asyncio.get_running_loop())
        self._bounds = bounds
        self._make_room = make_room
        self._in_head = True
        self._is_upgrade = False
        """The head that was just read asks for another protocol."""
        self._received = self._head_received = 0
        self._answering: Any = None
        """The request whose answer is under way, or was the last; those in ``pipeline`` wait for it."""
        self._arrival_timer: asyncio.TimerHandle | None = None
        """Of a head, or of what is left of a request that has its answer."""
        self._unread_timer: asyncio.TimerHandle | None = None
        self._closing_timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being answered on it."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def is_unread(self) -> bool:
        """Whether its peer leaves an answer unread."""
        return self.flow.write_paused

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_arrival()
        self._make_room(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Every request that has no answer is told; the library tells the last one alone."""
        for timer in (self._arrival_timer, self._unread_timer, self._closing_timer):
            if timer is not None:
                timer.cancel()
        self._unset_keepalive_if_required()
        for cycle in (self._answering, *(cycle for cycle, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._arrival_timer is None and self._in_head:
            self._await_arrival()  # the first bytes of the next request
        self._received += len(data)
        if self._in_head:
            self._head_received += len(data)
        if self._received > self._bounds.request_bytes or self._head_received > self._bounds.head_bytes + len(data):
            self._abort()
            return
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
            return
        if self._in_head and self._head_received > self._bounds.head_bytes:
            self._abort()

    def _parse(self, data: bytes) -> None:
        """Raises HttpParserError. The parser ends a request at a head that asks for another protocol, and takes its
        body for that one's. We speak WebSocket alone, and whoever asks for more may be told nothing of it (RFC 9110,
        7.8): such a request is read once more without its question, by a new parser."""
        while data:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                if self._asks_for_socket():
                    self._become_socket(data[upgrade.args[0] :])
                    return
                data = self._head_without_upgrade() + data[upgrade.args[0] :]
                self.parser = HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as the library does
            else:
                return

    def _asks_for_socket(self) -> bool:
        """Behind another request, or with a body, such a question is passed over as any other."""
        headers = {name for name, _ in self.headers}
        return (
            self.parser.get_method() == b"GET"
            and self._get_upgrade() == b"websocket"
            and self.is_idle
            and headers.isdisjoint((b"content-length", b"transfer-encoding"))
        )

    def _become_socket(self, behind: bytes) -> None:
        """From here on the connection is a WebSocket's; ``behind``: what came after the request."""
        url = parse_url(self.url)
        raw_path = url.path or b"/"
        scope = {
            **self.scope,
            "type": "websocket",
            "scheme": "wss" if self.scope["scheme"] == "https" else "ws",
            "path": unquote(raw_path.decode("latin-1")),
            "raw_path": raw_path,
            "query_string": url.query or b"",
            "headers": self.headers,
            "subprotocols": [one.strip() for one in self._said("sec-websocket-protocol").split(",")],
            "state": self.app_state.copy(),
            "extensions": {"websocket.http.response": {}},
        }
        scope.pop("method", None)
        self._in_head = False
        self._has_arrived()
        try:
            socket = Socket(self.app, scope, self.server_state, self._bounds.sockets, self._make_room)
        except HandshakeError as error:
            self.transport.write(error.response)
            self.transport.close()
            self._end_soon()
            return
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        self.transport.set_protocol(socket)
        socket.connection_made(self.transport)
        if behind:
            socket.data_received(behind)

    def _said(self, header: str) -> str:
        """All values of a header, one behind the other."""
        return ",".join(value.decode("latin-1") for name, value in self.headers if name == header.encode())

    def _head_without_upgrade(self) -> bytes:
        version = self.parser.get_http_version().encode()
        kept = (name + b": " + value + b"\r\n" for name, value in self.headers if name != b"upgrade")
        return self.parser.get_method() + b" " + self.url + b" HTTP/" + version + b"\r\n" + b"".join(kept) + b"\r\n"

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= self._bounds.pipelined:
            raise _RefusedError
        self._in_head, self._received, self._head_received = True, 0, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of a body in chunks, what follows the body is a header as well."""
        if len(self.headers) >= self._bounds.headers:
            raise _RefusedError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.parser.get_method() == b"CONNECT":
            raise _RefusedError  # this is no proxy
        self._is_upgrade = self.parser.should_upgrade()
        if self._is_upgrade:
            return
        self._in_head = False
        self._has_arrived()
        super().on_headers_complete()
        if len(self.pipeline) < self._bounds.pipelined:
            self.flow.resume_reading()  # who reads nothing does not see that his peer has gone

    def on_message_complete(self) -> None:
        if self._is_upgrade:
            return
        self._in_head, self._received, self._head_received = True, 0, 0
        self._has_arrived()
        super().on_message_complete()
        if self.is_idle:
            self._keep()  # it was answered before all of it was there

    def on_response_complete(self) -> None:
        answered = self._answering
        super().on_response_complete()
        answered.body = bytearray()  # what was sent and nobody has read
        if self.transport.is_closing():
            self._end_soon()
        elif not self._in_head and self._arrival_timer is None:
            self._await_arrival()  # of what nobody reads any more

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._end_soon()

    def send_400_response(self, msg: str) -> None:
        super().send_400_response(msg)
        self._end_soon()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_timer = self.loop.call_later(self._bounds.unread_s, self._abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread_timer is not None:
            self._unread_timer.cancel()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _keep(self) -> None:
        """For the next request."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _await_arrival(self) -> None:
        self._arrival_timer = self.loop.call_later(self._bounds.head_s, self._is_late)

    def _has_arrived(self) -> None:
        if self._arrival_timer is not None:
            self._arrival_timer.cancel()
            self._arrival_timer = None

    def _is_late(self) -> None:
        """Whose answer is under way may have sent a stray line feed: that one is not cut off."""
        if self.is_idle:
            self._abort()
        else:
            self._await_arrival()

    def _end_soon(self) -> None:
        """A connection that was closed stays until its peer has read everything; that has an end, too."""
        if self._closing_timer is None:
            self._closing_timer = self.loop.call_later(self._bounds.unread_s, self._abort)

    def _abort(self) -> None:
        self.transport.abort()
