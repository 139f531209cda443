"""What browsers are told of requests with publishable keys (CORS: https://fetch.spec.whatwg.org/#http-cors-protocol)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker_gateway.domain.api_key import PUBLISHABLE_PREFIX
from broker_gateway.domain.origin import MAX_ORIGIN_CHARS
from broker_gateway.interfaces.http.calls import bearer_of


class PageOrigins:
    """Lets pages of any origin ask to call the routes that publishable keys open, and read what comes of a call that
    shows one. The question has no key, so it cannot be answered by one; nothing is given away: there are no cookies, a
    call without a token is refused, and one with a publishable key is served for its own pages alone. What comes of
    other tokens is no page's to read but for those of ``http_origins``."""

    def __init__(
        self, app: ASGIApp, paths: Sequence[str], methods: Sequence[str], headers: Sequence[str], exposed: Sequence[str]
    ) -> None:
        """``paths`` as routes have them, ``methods`` and ``headers`` that may be sent, headers that may be read."""
        self._app = app
        self._paths: Sequence[re.Pattern[str]] = [compile_path(path)[0] for path in paths]
        self._asked = {
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": ", ".join(headers),
            "Access-Control-Max-Age": "3600",
        }
        self._exposed = ", ".join(exposed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _origin(scope)
        if not origin or not any(path.match(scope["path"]) for path in self._paths):
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            allowed = {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **self._asked}
            await Response(status_code=204, headers=allowed)(scope, receive, send)
        elif bearer_of(Request(scope)).startswith(PUBLISHABLE_PREFIX):
            await self._app(scope, receive, self._readable(origin, send))
        else:
            await self._app(scope, receive, send)

    def _readable(self, origin: str, send: Send) -> Send:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                headers["access-control-allow-origin"] = origin
                headers["access-control-expose-headers"] = self._exposed
                headers.add_vary_header("Origin")
            await send(message)

        return told


def _origin(scope: Scope) -> str:
    """Of the page that asks; empty where none does."""
    if scope["type"] != "http":
        return ""
    said = Headers(scope=scope).getlist("origin")
    return said[0] if len(said) == 1 and len(said[0]) <= MAX_ORIGIN_CHARS else ""
