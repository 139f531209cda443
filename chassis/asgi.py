"""A server of HTTP/1.1 and WebSockets for an ASGI application, in the process's own loop: uvicorn's
protocol, and its bounds."""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from contextlib import suppress
from typing import Any

import structlog
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from chassis.asgi_connection import AsgiBounds, Connection
from chassis.asgi_socket import Socket
from chassis.certificates import CertificateFiles, keep_renewed
from chassis.logs import ACCESS

logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
"""The library's own lines: a warning for each request that is no HTTP, which anybody may send."""
_SHOWN_PATH_CHARS = 200
_log = structlog.get_logger(__name__)


def _max_connections() -> int:
    """Half of the descriptors that the process may have: the rest are its own."""
    return min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


class _Logged:
    """An ASGI application with a line for each request, at debug, since probes come every few seconds for ever; and
    for each fault: the library's own line of one is off with its others."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started, status = time.perf_counter(), 500

        async def noted(message: Any) -> None:
            nonlocal status
            if message["type"].endswith("http.response.start"):
                status = message["status"]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        path = scope["path"][:_SHOWN_PATH_CHARS]
        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            _log.exception("http_request_failed", path=path, exc_info=error)
            raise
        finally:
            ms = round((time.perf_counter() - started) * 1000, 1)
            _log.debug("http_request", kind=ACCESS, method=scope.get("method", "GET"), path=path, status=status, ms=ms)


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
            _Logged(app),
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
        self._connections: dict[Connection | Socket, None] = {}
        """In the order in which they came."""

    @property
    def port(self) -> int:
        """The port that it listens on. Raises RuntimeError before ``start``."""
        if self._listening is None:
            raise RuntimeError("the HTTP server is not started")
        return int(self._listening.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._state.connections)

    async def start(self) -> None:
        """Listens. Raises OSError where the address is taken, CertificateError."""
        context = self._certificate.context() if self._certificate is not None else None
        self._config.load()
        host, _, port = self._address.rpartition(":")
        self._listening = await asyncio.get_running_loop().create_server(
            lambda: Connection(self.bounds, self._make_room, self._config, self._state),
            host.strip("[]"),
            int(port),
            ssl=context,
            ssl_handshake_timeout=self.bounds.head_s if context is not None else None,
            backlog=1024,
        )
        if self._certificate is not None and context is not None:
            self._renewing = asyncio.create_task(keep_renewed(self._certificate, context), name="certificate")

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

    def _make_room(self, new: Connection | Socket) -> None:
        """Ends a connection where there are too many with the new one."""
        at_most = self.bounds.connections or _max_connections()
        if len(self._state.connections) > at_most:
            known = self._state.connections
            self._connections = {one: None for one in self._connections if one in known}
            idle = next((one for one in self._connections if one.is_idle), None)
            ended = idle or next((one for one in self._connections if one.is_unread), new)
            ended.transport.abort()
            self._connections.pop(ended, None)
            if ended is new:
                return
        elif len(self._connections) > 2 * at_most:
            self._connections = {one: None for one in self._connections if one in self._state.connections}
        self._connections[new] = None
