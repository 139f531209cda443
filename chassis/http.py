"""The HTTP endpoint of a service: its health and its metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from chassis.certificates import CertificateFiles, keep_renewed
from chassis.health import Parts
from chassis.logs import ACCESS
from chassis.metrics import Registry
from chassis.probes import Probes

MAX_CONNECTIONS = 256
"""At a time; probes and scrapers need a few. One more takes the place of the oldest, which may be one that says
nothing: the library gives a request all the time in the world."""
_SHOWN_PATH_CHARS = 200

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
    """The endpoint that probes and Prometheus ask, alone: what it answers is said by ``Probes``."""

    def __init__(
        self,
        address: str,
        parts: Parts,
        registry: Registry,
        certificate: CertificateFiles | None = None,
        further: Mapping[str, Callable[[], bytes]] = MappingProxyType({}),
    ) -> None:
        """``address`` is ``host:port``; port 0 takes a free one. ``certificate``: what it shows; None: no TLS.
        ``further``: what else it answers, JSON by path."""
        self._address = address
        self._certificate = certificate
        self._renewing: asyncio.Task[None] | None = None
        self._probes = Probes(parts, registry)
        self._further = further
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
        for path in Probes.PATHS:
            app.router.add_get(path, self._say)
        for path in self._further:
            app.router.add_get(path, self._say_further)
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

    async def _say_further(self, request: web.Request) -> web.Response:
        return web.Response(body=self._further[request.path](), content_type="application/json")

    async def _say(self, request: web.Request) -> web.Response:
        said = await self._probes.say(request.path, request.headers.get("Accept", ""))
        return web.Response(body=said.body, status=said.status, headers={"Content-Type": said.content_type})
