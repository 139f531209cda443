"""What the gateway listens to over HTTP: its API, its health and its metrics, on one address or on two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.asgi import AsgiServer
from chassis.certificates import CertificateFiles
from chassis.health import Parts
from chassis.http import HttpServer
from chassis.metrics import Registry
from chassis.probes import Probes


class HttpDoor:
    """The servers of HTTP: ``start``, ``stop`` with grace for calls, ``close``."""

    def __init__(
        self,
        settings: GatewaySettings,
        certificate: CertificateFiles | None,
        application: Callable[[Probes | None], Any] | None,
        parts: Parts,
        registry: Registry,
    ) -> None:
        """``application`` makes the API's, with the probes that it is to serve as well; None: there is none."""
        shown = certificate if settings.http_tls else None
        self._addresses = {"http": settings.http_address}
        self._api: AsgiServer | None = None
        self._probed: HttpServer | None = None
        if application is None:
            address = settings.health_address or settings.http_address
            self._addresses = {"http": address}
            self._probed = HttpServer(address, parts, registry, None if settings.health_address else shown)
            return
        if settings.health_address:
            self._addresses["health"] = settings.health_address
            self._probed = HttpServer(settings.health_address, parts, registry)
        probes = None if settings.health_address else Probes(parts, registry)
        self._api = AsgiServer(settings.http_address, application(probes), shown)

    async def start(self) -> dict[str, str]:
        """Listens; the addresses by what listens there. Raises OSError where one is taken, CertificateError."""
        ports = []
        for server in (self._api, self._probed):
            if server is not None:
                await server.start()
                ports.append(server.port)
        hosts = ((name, address.rpartition(":")[0]) for name, address in self._addresses.items())
        return {name: f"{host}:{port}" for (name, host), port in zip(hosts, ports, strict=True)}

    async def stop(self, grace_s: float) -> None:
        """Takes no new calls, gives running ones ``grace_s`` seconds. Health that listens by itself goes on."""
        if self._api is not None:
            await self._api.stop(grace_s)

    async def close(self) -> None:
        """Ends it; may be called before ``start``."""
        for server in (self._api, self._probed):
            if server is not None:
                await server.close()
