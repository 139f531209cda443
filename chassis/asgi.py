"""A server of HTTP/1.1 for an ASGI application, in the process's own loop: uvicorn's protocol, and its bounds."""

from __future__ import annotations

import asyncio
import logging
import resource
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from httptools import HttpParserError
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from chassis.certificates import CertificateFiles, keep_renewed

logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
"""The library's own lines: a warning for each request that is no HTTP, which anybody may send."""


def _max_connections() -> int:
    """Half of the descriptors that the process may have: the rest are its own."""
    return min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


@dataclass(frozen=True, slots=True)
class AsgiBounds:
    """What one connection may cost, and how many there may be."""

    connections: int = 0
    """Of more, the oldest that asks for nothing goes; where each asks for something, the new one does. 0: half of the
    process's descriptors."""
    head_bytes: int = 64 << 10
    """Of a request's first line and its headers."""
    headers: int = 100
    request_bytes: int = 16 << 20
    """Of a whole request on the wire: what frames a body in chunks is more than the body."""
    pipelined: int = 8
    """Requests that wait behind one that is being answered, on the same connection."""
    head_s: float = 10.0
    """Within which a request's headers are there."""
    idle_s: float = 60.0
    """How long a connection is kept between two requests."""
    unread_s: float = 30.0
    """How long a peer may leave an answer unread."""


class _TooMuchError(HttpParserError):
    """What is raised within the parser, which then ends the connection with 400."""


class _Connection(HttpToolsProtocol):
    """One connection. What its peer sends is bounded in bytes, in time and in number before anything is made of it."""

    def __init__(self, server: AsgiServer, config: Config, state: ServerState) -> None:
        super().__init__(config=config, server_state=state, app_state={}, _loop=asyncio.get_running_loop())
        self._server = server
        self._bounds = server.bounds
        self._in_head = True
        self._received = self._head_received = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being answered on it."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_head()
        self._server.make_room(self)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head_timer, self._unread_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._head_timer is None and self._in_head:
            self._await_head()  # the first bytes of the next request
        self._received += len(data)
        if self._in_head:
            self._head_received += len(data)
        if self._received > self._bounds.request_bytes or self._head_received > self._bounds.head_bytes + len(data):
            self._abort()
            return
        super().data_received(data)
        if self._in_head and self._head_received > self._bounds.head_bytes:
            self._abort()

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= self._bounds.pipelined:
            raise _TooMuchError
        self._in_head, self._received, self._head_received = True, 0, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of a body in chunks, what follows the body is a header as well."""
        if len(self.headers) >= self._bounds.headers:
            raise _TooMuchError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._received, self._head_received = True, 0, 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_timer = self.loop.call_later(self._bounds.unread_s, self._abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread_timer is not None:
            self._unread_timer.cancel()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._bounds.head_s, self._head_is_late)

    def _head_is_late(self) -> None:
        """Whose answer is under way may have sent a stray line feed: that one is not cut off."""
        if self.is_idle:
            self._abort()
        else:
            self._await_head()

    def _abort(self) -> None:
        self.transport.abort()


class AsgiServer:
    """Serves an ASGI application on one address."""

    def __init__(
        self, address: str, app: Any, certificate: CertificateFiles | None = None, bounds: AsgiBounds | None = None
    ) -> None:
        """``address`` is ``host:port``; port 0 takes a free one. ``certificate``: what it shows; None: no TLS."""
        self.bounds = bounds or AsgiBounds()
        self._address = address
        self._certificate = certificate
        self._config = Config(
            app,
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=int(self.bounds.idle_s),
            reset_contextvars=True,
        )
        self._state = ServerState()
        self._listening: asyncio.Server | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._connections: dict[_Connection, None] = {}
        """In the order in which they came."""

    @property
    def port(self) -> int:
        """The port that it listens on. Raises RuntimeError before ``start``."""
        if self._listening is None:
            raise RuntimeError("the HTTP server is not started")
        return int(self._listening.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listens. Raises OSError where the address is taken, CertificateError."""
        context = self._certificate.context() if self._certificate is not None else None
        self._config.load()
        host, _, port = self._address.rpartition(":")
        self._listening = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self, self._config, self._state), host.strip("[]"), int(port), ssl=context, backlog=1024
        )
        if self._certificate is not None and context is not None:
            self._renewing = asyncio.create_task(keep_renewed(self._certificate, context), name="certificate")

    def make_room(self, new: _Connection) -> None:
        """Ends a connection where there are too many with the new one."""
        at_most = self.bounds.connections or _max_connections()
        if len(self._state.connections) > at_most:
            known = self._state.connections
            self._connections = {one: None for one in self._connections if one in known}
            idle = next((one for one in self._connections if one.is_idle), new)
            idle.transport.abort()
            self._connections.pop(idle, None)
            if idle is new:
                return
        elif len(self._connections) > 2 * at_most:
            self._connections = {one: None for one in self._connections if one in self._state.connections}
        self._connections[new] = None

    async def stop(self, grace_s: float) -> None:
        """Takes no new connections; what is being answered has ``grace_s`` seconds, and ends then."""
        if self._listening is None:
            return
        self._listening.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        answering = list(self._state.tasks)
        if answering:
            await asyncio.wait(answering, timeout=grace_s)
        for connection in list(self._state.connections):
            connection.transport.abort()
        left = list(self._state.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def close(self) -> None:
        """Ends it at once; may be called before ``start``."""
        if self._renewing is not None:
            self._renewing.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewing
        await self.stop(0.0)
