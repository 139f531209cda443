"""Health and metrics over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

WhyNot = Callable[[], str]
"""Empty where the node is ready; else what it waits for."""


class HttpServer:
    """``/healthz``: the process answers. ``/readyz``: 200 if it takes tasks, else 503 with the reason. ``/metrics``."""

    def __init__(self, address: str, registry: CollectorRegistry, why_not_ready: WhyNot) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._registry = registry
        self._why_not_ready = why_not_ready
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that it listens on; 0 in the address takes a free one."""
        return int(self._runner.addresses[0][1]) if self._runner else 0

    async def start(self) -> None:
        """Raises OSError where the address is taken."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthy)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthy(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        reason = self._why_not_ready()
        return web.Response(text=f"{reason or 'ready'}\n", status=503 if reason else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
