"""One route of a dialect: what serves it, by the verb of the request."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class ByVerb:
    """An ASGI application."""

    def __init__(self, served: Mapping[str, ASGIApp], otherwise: ASGIApp) -> None:
        """``otherwise`` answers any other verb."""
        self._served = served
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._served.get(scope["method"], self._otherwise)(scope, receive, send)
