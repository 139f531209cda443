"""The HTTP endpoint of a service: its health and its metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import asdict
from functools import partial

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics import exposition as openmetrics

from chassis.certificates import CertificateFiles, keep_renewed
from chassis.health import Parts, degraded, is_ready, status
from chassis.logs import ACCESS
from chassis.metrics import Registry

MAX_CONNECTIONS = 256
"""At a time; probes and scrapers need a few. One more takes the place of the oldest, which may be one that says
nothing: the library gives a request all the time in the world."""
_SHOWN_PATH_CHARS = 200
_OPENMETRICS = "application/openmetrics-text"

_OF_PEERS = logging.getLogger(f"{__name__}.peers")
_OF_PEERS.setLevel(logging.CRITICAL)
"""The library's own lines: an error with its stack for each request that is no HTTP, which anybody may send."""

_log = structlog.get_logger(__name__)


@web.middleware
async def _logged(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Writes a line for each request; at debug, since probes come every few seconds for ever."""
    started, status = time.perf_counter(), 500
    try:
        response = await handler(request)
    except web.HTTPException as error:
        status = error.status
        raise
    except Exception as error:
        _log.exception("http_request_failed", path=request.path[:_SHOWN_PATH_CHARS], exc_info=error)
        raise
    else:
        status = response.status
        return response
    finally:
        ms = round((time.perf_counter() - started) * 1000, 1)
        path = request.path[:_SHOWN_PATH_CHARS]
        _log.debug("http_request", kind=ACCESS, method=request.method, path=path, status=status, ms=ms)


def _connected(server: web.Server) -> asyncio.BaseProtocol:
    """The protocol of a new connection."""
    opened = server.connections
    for oldest in opened[: max(0, len(opened) + 1 - MAX_CONNECTIONS)]:
        oldest.force_close()
    return server()


class HttpServer:
    """The endpoint that probes and Prometheus ask.

    ``/live``: 200 while this process runs its loop. ``/ready``: 200 where it can do its work, else 503; the body says
    which part is missing, and what is ``degraded``: away, and not needed for most work. ``/health``: 200, and every
    part with words. ``/livez``, ``/readyz`` and ``/healthz`` are the same three under Kubernetes' names.
    ``/metrics``: for Prometheus.
    """

    def __init__(
        self, address: str, parts: Parts, registry: Registry, certificate: CertificateFiles | None = None
    ) -> None:
        """``address`` is ``host:port``; port 0 takes a free one. ``certificate``: what it shows; None: no TLS."""
        self._address = address
        self._certificate = certificate
        self._renewing: asyncio.Task[None] | None = None
        self._parts = parts
        self._registry = registry
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that it listens on. Raises RuntimeError before ``start``."""
        if self._listening is None:
            raise RuntimeError("the HTTP server is not started")
        return int(self._listening.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listens. Raises OSError where the address is taken, CertificateError."""
        context = self._certificate.context() if self._certificate is not None else None
        app = web.Application(middlewares=[_logged])
        for name, handler in (("live", self._live), ("ready", self._ready), ("health", self._health)):
            app.router.add_get(f"/{name}", handler)
            app.router.add_get(f"/{name}z", handler)
        app.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(app, access_log=None, logger=_OF_PEERS)
        await runner.setup()
        assert runner.server is not None  # noqa: S101  # for mypy: it is set up
        host, _, port = self._address.rpartition(":")
        loop = asyncio.get_running_loop()
        try:
            self._listening = await loop.create_server(
                partial(_connected, runner.server), host.strip("[]"), int(port), ssl=context, backlog=MAX_CONNECTIONS
            )
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        if self._certificate is not None and context is not None:
            self._renewing = asyncio.create_task(keep_renewed(self._certificate, context), name="certificate")

    async def close(self) -> None:
        """Ends it; may be called before ``start``."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        if self._listening is not None:
            self._listening.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self, _: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, _: web.Request) -> web.Response:
        parts = self._parts()
        needed = {name: part.works for name, part in parts.items() if part.needed}
        report: dict[str, object] = {"ready": is_ready(parts), "parts": needed}
        if away := degraded(parts):
            report["degraded"] = away
        return web.json_response(report, status=200 if report["ready"] else 503)

    async def _health(self, _: web.Request) -> web.Response:
        parts = self._parts()
        told = {name: asdict(part) for name, part in parts.items()}
        return web.json_response({"live": True, "ready": is_ready(parts), "status": status(parts), "parts": told})

    async def _metrics(self, request: web.Request) -> web.Response:
        """In OpenMetrics for who asks for it, as Prometheus does: exemplars are there alone."""
        is_open = _OPENMETRICS in request.headers.get("Accept", "")
        page = await self._registry.page(with_exemplars=is_open)
        return web.Response(
            body=page, headers={"Content-Type": openmetrics.CONTENT_TYPE_LATEST if is_open else CONTENT_TYPE_LATEST}
        )
