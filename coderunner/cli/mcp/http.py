"""The transport over streamable HTTP, at ``/mcp``."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import click
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from coderunner.cli.mcp.bounds import MESSAGE_BYTES
from coderunner.cli.output import print_notice

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from starlette.types import ASGIApp, Receive, Scope, Send

    from coderunner.cli.mcp.endpoint import Endpoint

_log = logging.getLogger("uvicorn.error")

_PATH = "/mcp"
_CONNECTIONS = 100
_SESSIONS = 1000  # of 40 KB: callers that crash, and scripts, leave theirs open until they were idle for so long
_IDLE_S = 1800.0
_ENDS_WITHIN_S = 1  # a stream of events ends by no other means
_REFUSED = b"the token is missing or wrong\n"


async def serve(server: Server[Any], place: Endpoint) -> None:
    """Serves until it is cancelled. Raises click.ClickException where it cannot listen."""
    listener = _listener(place)
    config = uvicorn.Config(
        _app(server, place),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_ENDS_WITHIN_S,
    )
    serving = _Server(config)
    _log.setLevel(logging.ERROR)  # and no warning for each request that is no HTTP
    print_notice(f"MCP at {_url(place, listener)}")
    running = asyncio.ensure_future(serving.serve([listener]))
    try:
        await asyncio.shield(running)
    finally:
        _log.setLevel(logging.CRITICAL + 1)  # what is still asked is ended, as it should be
        serving.should_exit = True
        with anyio.CancelScope(shield=True):
            await running


class _Server(uvicorn.Server):
    """Signals are the command's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listener(place: Endpoint) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        return socket.create_server((place.host, place.port), family=family)
    except OSError as error:
        words = f"cannot listen on {place.host}:{place.port}: {error.strerror or error}"
        raise click.ClickException(words) from None


def _url(place: Endpoint, listener: socket.socket) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return f"http://{host}:{listener.getsockname()[1]}{_PATH}"


def _app(server: Server[Any], place: Endpoint) -> ASGIApp:
    """Without a page's Origin: no browser has any business here."""
    hosts = [form for name in place.names for form in (name, f"{name}:*")]
    app = server.streamable_http_app(
        streamable_http_path=_PATH,
        max_request_body_size=MESSAGE_BYTES,
        max_sessions=_SESSIONS,
        session_idle_timeout=_IDLE_S,
        transport_security=TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[]),
    )
    return _Doorway(app, place.token) if place.token else app


class _Doorway:
    """Lets in who shows the token, before anything of a request's body is read."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._shows_it(scope):
            await self._app(scope, receive, send)
            return
        headers = [
            (b"content-type", b"text/plain"),
            (b"content-length", str(len(_REFUSED)).encode()),
            (b"www-authenticate", b"Bearer"),
        ]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": _REFUSED})

    def _shows_it(self, scope: Scope) -> bool:
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(shown) == 1 and secrets.compare_digest(shown[0], self._wanted)
