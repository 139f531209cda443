"""The backend as an application for Starlette and FastAPI:

    app.mount("/code", code_runner(Backend(Client())))

and in the page ``<code-runner-settings url="/code">``.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Collection
from contextlib import aclosing

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from coderunner.backend.backend import Backend, Stream
from coderunner.backend.origins import require_json, require_own_page
from coderunner.backend.problems import MEDIA_TYPE, TIMEOUT, TOO_LARGE, Problem
from coderunner.backend.readers import reader_at
from coderunner.backend.scripts import SCRIPTS, script
from coderunner.backend.sockets import BODY_S, FAULT, Begun, GoneError, Socket, beginning, going_on
from coderunner.backend.telling import END, HEADERS
from coderunner.backend.telling import MEDIA_TYPE as EVENTS
from coderunner.webhooks import WebhookError
from coderunner.webhooks.receiving import MAX_BODY_BYTES as MAX_CALLBACK_BYTES

Reader = Callable[[HTTPConnection], str | Awaitable[str]]


def code_runner(backend: Backend, *, reader: Reader | None = None, origins: Collection[str] = ()) -> Starlette:
    """An application to mount. ``reader``: the blog's own name for who asks, such as a user's id; None: the address of
    the connection, which behind a proxy the server has to know (uvicorn: ``--forwarded-allow-ips``). ``origins``: the
    blog's (``https://blog.example``); none: pages that are reached by the same host as this application."""
    return _Routes(backend, reader, origins).application()


class _Routes:
    def __init__(self, backend: Backend, reader: Reader | None, origins: Collection[str]) -> None:
        self._backend = backend
        self._reader_of = reader
        self._origins = frozenset(origins)

    def application(self) -> Starlette:
        routes = [
            Route("/v1/executions", self.submit, methods=["POST"]),
            WebSocketRoute("/v1/executions:interact", self.talk),
            WebSocketRoute("/v1/executions/{handle}/interact", self.go_on_talking),
            Route("/v1/executions/{handle}", self.cancel, methods=["DELETE"]),
            Route("/v1/executions/{handle}/events", self.watch, methods=["GET"]),
            *(Route(f"/page/{name}", self.script, name=name, methods=["GET"]) for name in SCRIPTS),
        ]
        if self._backend.callbacks is not None:
            routes.append(Route("/callbacks", self.callback, methods=["POST"]))
        return Starlette(routes=routes, exception_handlers={Problem: _answer})

    async def submit(self, request: Request) -> Response:
        self._require_own_page(request)
        require_json(request.headers.get("content-type", ""))
        reader = await self._reader(request)
        body = await _body(request, self._backend.policy.max_body_bytes)
        return _Followed(await self._backend.run(reader, body))

    async def watch(self, request: Request) -> Response:
        reader = await self._reader(request)
        place = request.headers.get("last-event-id", "")
        if place == END:  # which tells a browser not to come again
            return Response(status_code=204)
        return _Followed(self._backend.watch(reader, request.path_params["handle"], place))

    async def cancel(self, request: Request) -> Response:
        self._require_own_page(request)
        answer = await self._backend.cancel(await self._reader(request), request.path_params["handle"])
        return Response(json.dumps(answer), headers={"Cache-Control": "no-store"}, media_type="application/json")

    async def talk(self, websocket: WebSocket) -> None:
        await self._held(websocket, lambda reader: beginning(self._backend, reader))

    async def go_on_talking(self, websocket: WebSocket) -> None:
        handle = websocket.path_params["handle"]
        await self._held(websocket, lambda reader: going_on(self._backend, reader, handle))

    async def _held(self, websocket: WebSocket, begun: Callable[[str], Begun]) -> None:
        async def send(message: Message) -> None:
            try:
                await websocket.send(message)
            except WebSocketDisconnect as gone:
                raise GoneError from gone

        socket = Socket(websocket.scope, websocket.receive, send, self._backend.policy.max_body_bytes)
        try:
            await socket.accept()
            self._require_own_page(websocket)
            await socket.hold(begun(await self._reader(websocket)))
        except Problem as problem:
            await socket.refuse(problem.data(), problem.status)
        except HTTPException as error:  # the blog's own ``reader`` says who may not
            await socket.refuse(None, error.status_code)
        except GoneError:
            pass
        except Exception:  # a fault of the blog's own is its server's to log
            await socket.refuse(None, FAULT)
            raise

    async def callback(self, request: Request) -> Response:
        try:
            await self._backend.take_callback(request.headers, await _body(request, MAX_CALLBACK_BYTES))
        except WebhookError as error:
            return Response(str(error), error.status, media_type="text/plain")
        return Response(status_code=204)

    async def script(self, request: Request) -> Response:
        found = script(request.url.path.rpartition("/")[2])
        headers = {"Cache-Control": "public, max-age=3600", "ETag": found.etag, "X-Content-Type-Options": "nosniff"}
        if found.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(found.content, headers=headers, media_type=found.media_type)

    def _require_own_page(self, request: HTTPConnection) -> None:
        headers = request.headers
        require_own_page(
            origin=headers.get("origin"),
            site=headers.get("sec-fetch-site"),
            host=headers.get("host", ""),
            allowed=self._origins,
        )

    async def _reader(self, request: HTTPConnection) -> str:
        if self._reader_of is None:
            return reader_at(request.client.host if request.client else None)
        name = self._reader_of(request)
        return await name if inspect.isawaitable(name) else name


class _Followed(StreamingResponse):
    """The answer that tells of a run."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(aiter(stream), headers=HEADERS, media_type=EVENTS)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._stream):  # also where the reader has gone before it began
            await super().__call__(scope, receive, send)


async def _answer(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)  # noqa: S101 - it is registered for no other
    return Response(problem.body(), problem.status, problem.headers(), MEDIA_TYPE)


async def _body(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                body += piece
                if len(body) > max_bytes:
                    raise Problem(TOO_LARGE, f"A request has at most {max_bytes} bytes here.")
    except TimeoutError:
        raise Problem(TIMEOUT, "The request did not arrive in time.") from None
    return bytes(body)
