"""WebSockets for a site on Django, which has none itself: each is asked of the site as a request, so that its hosts,
its sessions and its URLs decide about it, and is opened where the site lets it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from django.http import HttpRequest

from coderunner.backend.loop import Elsewhere, from_elsewhere
from coderunner.backend.problems import FORBIDDEN, MEDIA_TYPE
from coderunner.backend.sockets import FAULT, Begun, GoneError, Socket

_OPENING = "coderunner.opening"
_NO_CONTENT, _LEAST_REFUSAL, _UNKNOWN = 204, 400, 404
_MAX_WORDS_BYTES = 64 << 10
_ASKED_S = 30.0
"""How long a site may take to answer: at some paths it has streams without an end, which are no answer."""

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
Application = Callable[[_Message, _Receive, _Send], Awaitable[None]]
"""Of ASGI."""


class Opening:
    """A WebSocket that a page asks for, and what the site's view says of it."""

    def __init__(self) -> None:
        self._hold: Callable[[_Message, _Receive, _Send], Awaitable[None]] | None = None

    def begins(self, begun: Begun, elsewhere: Elsewhere, max_first_bytes: int) -> None:
        """The view lets it: what it is for, and the loop where that is done."""

        async def hold(scope: _Message, receive: _Receive, send: _Send) -> None:
            async def received() -> _Message:
                return await receive()

            async def sent(message: _Message) -> None:
                await send(message)

            socket = Socket(scope, from_elsewhere(received), from_elsewhere(sent), max_first_bytes)
            await elsewhere.done(_held(socket, begun))

        self._hold = hold

    async def held(self, answer: _Answer, scope: _Message, receive: _Receive, send: _Send) -> bool:
        """The talk to its end; False where the site has not let it."""
        if self._hold is None or answer.status != _NO_CONTENT:
            return False
        await self._hold(scope, receive, send)
        return True


def opening_of(request: HttpRequest) -> Opening | None:
    """The WebSocket that this request stands for; None: it is a request."""
    found = getattr(request, "scope", {}).get(_OPENING)
    return found if isinstance(found, Opening) else None


def talking(application: Application) -> Application:
    """The site's ASGI application, over which programs are talked to as well. What is no WebSocket goes to it as it
    is; for one, it is asked with a ``GET`` of the same path, cookies and headers."""

    async def served(scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "websocket":
            await application(scope, receive, send)
            return
        opening, answer = Opening(), _Answer()
        scheme = "https" if scope.get("scheme") == "wss" else "http"
        asked = {"http_version": "1.1", **scope, "type": "http", "method": "GET", "scheme": scheme, _OPENING: opening}
        with suppress(TimeoutError):
            async with asyncio.timeout(_ASKED_S):
                await application(asked, answer.receive, answer.send)
        if not await opening.held(answer, scope, receive, send):
            await _refuse(answer, scope, receive, send)

    return served


class _Answer:
    """What the site answers."""

    def __init__(self) -> None:
        self.status = _UNKNOWN
        self._type = b""
        self._body = b""
        self._is_asked = False

    async def receive(self) -> _Message:
        """The request, which has no body; after that it waits to be cancelled."""
        if self._is_asked:
            await asyncio.get_running_loop().create_future()
        self._is_asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: _Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._type = {name.lower(): value for name, value in message.get("headers", ())}.get(b"content-type", b"")
        elif len(self._body) < _MAX_WORDS_BYTES:
            self._body += message.get("body", b"")

    def problem(self) -> dict[str, Any] | None:
        """The backend's own words; None: the site says no, or has no such route."""
        if not self._type.decode("latin-1").startswith(MEDIA_TYPE):
            return None
        try:
            found = json.loads(self._body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


async def _held(socket: Socket, begun: Begun) -> None:
    try:
        await socket.accept()
        await socket.hold(begun)
    except GoneError:
        pass
    except Exception:  # a fault of ours is the server's to log
        await socket.refuse(None, FAULT)
        raise


async def _refuse(answer: _Answer, scope: _Message, receive: _Receive, send: _Send) -> None:
    problem = answer.problem()
    if answer.status == _UNKNOWN and problem is None:
        await send({"type": "websocket.close"})  # before it is accepted: a server answers 403
        return
    socket = Socket(scope, receive, send, 0)
    try:
        await socket.accept()
        await socket.refuse(problem, answer.status if answer.status >= _LEAST_REFUSAL else FORBIDDEN)
    except GoneError:
        pass
