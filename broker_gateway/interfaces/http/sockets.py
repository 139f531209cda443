"""WebSockets: the way of a call that is one. It goes through what every call goes through. A refusal is told as a
message, and by the code with which the socket is closed: a browser shows its page no other answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

import grpc
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from broker_gateway.interfaces.callers import VISITOR
from broker_gateway.interfaces.http.calls import AnyCall, Calls, bearer_of, over
from broker_gateway.interfaces.http.problems import Problem, RefusedError, problem
from broker_gateway.interfaces.http.reading import Bodies
from broker_gateway.interfaces.http.said_bodies import InteractEvent

PROTOCOL = "coderunner.v1"
"""The subprotocol that is spoken, for who asks for one."""
TOKEN = "coderunner.bearer."  # noqa: S105 - what stands before one
"""A page cannot have its browser send ``Authorization``: it asks for this subprotocol as well, its key behind it."""
_CLOSES = 4000
"""A refusal's socket is closed with this and the status that HTTP has for it, such as 4401."""


class SocketCall(AnyCall):
    """A call that is a WebSocket."""

    request: WebSocket

    def __init__(self, socket: WebSocket, method: str, bodies: Bodies) -> None:
        super().__init__(method, bodies)
        self.request = socket

    async def accept(self) -> None:
        """Opens it."""
        await accept(self.request)

    async def told(self) -> bytes:
        """The next message. Raises ClientDisconnect, RefusedError."""
        message = await self.request.receive()
        if message["type"] == "websocket.disconnect":
            raise ClientDisconnect
        text = message.get("text")
        if text is None:
            raise RefusedError(problem(grpc.StatusCode.INVALID_ARGUMENT, "messages must be text"))
        return str(text).encode()


SocketHandler = Callable[[SocketCall], Awaitable[ASGIApp]]


class SocketOrigins:
    """Which pages may open one. Browsers let every page do so and ask nobody before, as they would with CORS: where no
    token is asked for, any page could else have this machine's gateway run programs."""

    def __init__(self, origins: Collection[str]) -> None:
        """``origins``: beside the gateway's own, ``*`` for any."""
        self._origins = frozenset(origins)

    def check(self, socket: WebSocket) -> None:
        """Raises RefusedError for a page of another origin. One with a publishable key has been judged by that."""
        said, hosts = socket.headers.getlist("origin"), socket.headers.getlist("host")
        if not said or VISITOR.get() is not None:
            return
        own = {f"{scheme}://{hosts[0]}" for scheme in ("http", "https")} if len(hosts) == 1 else set()
        if len(said) == 1 and ("*" in self._origins or said[0] in self._origins | own):
            return
        words = "pages of this origin may open no WebSocket here: http_origins has not got it"
        raise RefusedError(problem(grpc.StatusCode.PERMISSION_DENIED, words))


class SocketEndpoint:
    """An ASGI application: one route of WebSockets."""

    def __init__(
        self,
        calls: Calls,
        origins: SocketOrigins,
        method: str,
        handler: SocketHandler,
        *,
        token: Callable[[WebSocket], str] | None = None,
        told: Callable[[Problem, WebSocket], ASGIApp] | None = None,
        for_pages: bool = False,
    ) -> None:
        """``token``: where its caller's token is; ``told``: how a problem is told; None: as the API has it.
        ``for_pages``: publishable keys open it."""
        self._token = token or token_of
        self._told = told or Ending
        self._calls = calls
        self._origins = origins
        self._method = method
        self._handler = handler
        self._for_pages = for_pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        call = SocketCall(socket, self._method, self._calls.bodies)
        call.is_for_pages = self._for_pages
        most = over(scope["query_string"])
        if most:
            words = f"the query must have at most {most}"
            await self._told(problem(grpc.StatusCode.INVALID_ARGUMENT, words, 414), socket)(scope, receive, send)
            return
        token = self._token(socket)
        await self._calls.serve(call, self._judged, token, send, lambda refused: self._told(refused, socket))

    async def _judged(self, call: SocketCall) -> ASGIApp:
        self._origins.check(call.request)
        return await self._handler(call)


class Ending:
    """The application that tells a problem, and closes."""

    def __init__(self, problem: Problem, socket: WebSocket) -> None:
        self._problem = problem
        self._socket = socket

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        await ending(self._problem, self._socket)


async def ending(problem: Problem, socket: WebSocket) -> None:
    """Tells a problem, and closes; nobody may be there any more."""
    await last_words(socket, InteractEvent(error=problem).text(), _CLOSES + problem.status, problem.title)


async def last_words(socket: WebSocket, text: str, code: int, reason: str) -> None:
    """Says the text, where there is any, and closes; nobody may be there any more."""
    if socket.application_state is WebSocketState.CONNECTING:
        await accept(socket)
    if socket.application_state is not WebSocketState.CONNECTED:
        return
    try:
        if text:
            await socket.send_text(text)
        await socket.close(code, reason)
    except WebSocketDisconnect:
        return


async def accept(socket: WebSocket) -> None:
    """Opens it, with the subprotocol that is spoken where it is asked for: what else is asked for may be a key."""
    asked = socket.scope["subprotocols"]
    await socket.accept(PROTOCOL if PROTOCOL in asked else None)


def token_of(socket: WebSocket) -> str:
    """The token in ``Authorization: Bearer``, or in a subprotocol; empty where there is none."""
    asked = (one for one in socket.scope["subprotocols"] if one.startswith(TOKEN))
    return bearer_of(socket) or next(asked, "").removeprefix(TOKEN)
