"""The HTTP application: the API's routes, the document that describes them, a page to try them, what other pages take
from here, and the probes."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache
from importlib import resources
from typing import Any

import grpc
import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker_gateway.interfaces.http.calls import Calls
from broker_gateway.interfaces.http.openapi import document
from broker_gateway.interfaces.http.operations import Operation
from broker_gateway.interfaces.http.page_files import UNDER, page_routes
from broker_gateway.interfaces.http.page_origins import PageOrigins
from broker_gateway.interfaces.http.problems import problem, response
from broker_gateway.interfaces.method_roles import FOR_PAGES
from chassis.probes import Probes

OPENAPI = "/v1/openapi.json"
PAGE = "/v1/docs"
_PAGES = {"docs.html": "text/html", "docs.js": "text/javascript", "docs.css": "text/css"}
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_METHODS, _EXPOSED = ("GET", "POST", "DELETE"), ("location", "retry-after")
_HEADERS = (
    *("authorization", "content-type", "idempotency-key", "last-event-id", "traceparent"),
    *("x-auth-token", "x-rapidapi-key"),
)
"""What a page may send; the last is what Judge0's editor sends, whomever it asks."""
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.ASCII)
_NO_SOCKET = response(problem(grpc.StatusCode.NOT_FOUND, "there is no WebSocket"))
_WRONG_ROUTES = {404: grpc.StatusCode.NOT_FOUND, 405: grpc.StatusCode.UNIMPLEMENTED}


def application(
    operations: Sequence[Operation],
    calls: Calls,
    *,
    version: str,
    probes: Probes | None = None,
    dialects: Sequence[BaseRoute] = (),
    origins: Collection[str] = (),
    only_loopback_hosts: bool = False,
    takes_pages: bool = False,
) -> Starlette:
    """The application. ``probes`` None: they are served elsewhere. ``dialects``: routes of others, and of WebSockets.
    ``origins``: of pages that may call it from a browser (CORS), ``*`` for any. ``only_loopback_hosts``: a request must
    have been meant for this machine by name, where anybody on it may call. ``takes_pages``: publishable keys are taken,
    which is where everybody is asked for a token."""
    described = document(operations, version)
    routes: list[BaseRoute] = [*dialects, *(_route(one, calls) for one in operations)]
    routes += [Route(OPENAPI, _fixed(msgspec.json.encode(described), "application/json"), methods=["GET"])]
    routes += [Route(PAGE, _page("docs.html"), methods=["GET"])]
    routes += [Route(f"/v1/{name}", _page(name), methods=["GET"]) for name in _PAGES if name != "docs.html"]
    routes += [WebSocketRoute("/{rest:path}", _NO_SOCKET), *page_routes()]
    if probes is not None:
        routes += [Route(path, _probe(probes), methods=["GET"]) for path in Probes.PATHS]
    middleware = [Middleware(NamedOrigins, **_cors(origins))] if origins else []
    if takes_pages:
        paths = [one.path for one in operations if one.call in FOR_PAGES]
        middleware.insert(0, Middleware(PageOrigins, paths, _METHODS, _HEADERS, _EXPOSED))
    if only_loopback_hosts:
        middleware.insert(0, Middleware(LoopbackHosts))
    app = Starlette(routes=routes, middleware=middleware, exception_handlers={HTTPException: _wrong_route})
    app.router.redirect_slashes = False  # it would lead a caller behind a proxy's TLS to http://, with its token
    return app


class NamedOrigins(CORSMiddleware):
    """Lets pages of the named origins read answers, and no others: whatever a dialect says of any origin is not so.
    What is for pages of all sites is not asked for an origin."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(UNDER):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            del MutableHeaders(scope=message)["access-control-allow-origin"]
        await super().send(message, send, request_headers)


class LoopbackHosts:
    """Refuses requests whose Host is another than this machine's: a name that somebody had point here, so that a page
    of his in a browser may read what comes (DNS rebinding)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] in ("http", "websocket") and not _is_meant(HTTPConnection(scope)):
            words = "asks for another host; without tokens this gateway serves its own machine alone"
            app = response(problem(grpc.StatusCode.PERMISSION_DENIED, words, 421))
        await app(scope, receive, send)


def _is_meant(request: HTTPConnection) -> bool:
    hosts = request.headers.getlist("host")
    return len(hosts) == 1 and _LOOPBACK.fullmatch(hosts[0].lower()) is not None


def _route(operation: Operation, calls: Calls) -> Route:
    endpoint = calls.endpoint(operation.call_of, operation.handler, for_pages=operation.call in FOR_PAGES)
    route = Route(operation.path, endpoint, methods=[operation.verb], name=operation.summary)
    route.methods = {operation.verb}  # and no HEAD, which would follow a task for nothing
    return route


def _cors(origins: Collection[str]) -> dict[str, Any]:
    return {
        "allow_origins": list(origins),
        "allow_methods": [*_METHODS],
        "allow_headers": [*_HEADERS],
        "expose_headers": [*_EXPOSED],
        "max_age": 3600,
    }


def _fixed(body: bytes, media_type: str) -> Any:
    async def endpoint(_request: Request) -> Response:
        headers = {"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"}
        return Response(body, headers=headers, media_type=media_type)

    return endpoint


def _page(name: str) -> Any:
    return _fixed(_file(name), _PAGES[name])


@cache
def _file(name: str) -> bytes:
    return (resources.files("broker_gateway.interfaces.http") / "pages" / name).read_bytes()


def _probe(probes: Probes) -> Any:
    async def endpoint(request: Request) -> Response:
        said = await probes.say(request.scope["path"], request.headers.get("accept", ""))
        return Response(said.body, said.status, {"Content-Type": said.content_type})

    return endpoint


async def _wrong_route(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # for mypy: that is what it is told of
    code = _WRONG_ROUTES.get(error.status_code, grpc.StatusCode.INTERNAL)
    answer = response(problem(code, str(error.detail), error.status_code))
    answer.headers.update(error.headers or {})
    return answer
