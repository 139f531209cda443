"""What a service says of itself over HTTP: its health and its metrics, whichever server carries them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics import exposition as openmetrics

from chassis.health import Parts, degraded, is_ready, status
from chassis.metrics import Registry

_OPENMETRICS = "application/openmetrics-text"
_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to a probe."""

    body: bytes
    status: int = 200
    content_type: str = _JSON


class Probes:
    """The answers that probes and Prometheus get.

    ``/live``: 200 while this process runs its loop. ``/ready``: 200 where it can do its work, else 503; the body says
    which part is missing, and what is ``degraded``: away, and not needed for most work. ``/health``: 200, and every
    part with words. ``/livez``, ``/readyz`` and ``/healthz`` are the same three under Kubernetes' names.
    ``/metrics``: for Prometheus.
    """

    PATHS = ("/live", "/livez", "/ready", "/readyz", "/health", "/healthz", "/metrics")

    def __init__(self, parts: Parts, registry: Registry) -> None:
        self._parts = parts
        self._registry = registry

    async def say(self, path: str, accept: str) -> Said:
        """The answer to a GET of one of ``PATHS`` with that Accept header."""
        match path.strip("/").removesuffix("z"):
            case "live":
                return _json({"live": True})
            case "ready":
                return self._ready()
            case "health":
                return self._health()
            case _:
                return await self._metrics(accept)

    def _ready(self) -> Said:
        parts = self._parts()
        needed = {name: part.works for name, part in parts.items() if part.needed}
        report: dict[str, object] = {"ready": is_ready(parts), "parts": needed}
        if away := degraded(parts):
            report["degraded"] = away
        return _json(report, 200 if report["ready"] else 503)

    def _health(self) -> Said:
        parts = self._parts()
        told = {name: asdict(part) for name, part in parts.items()}
        return _json({"live": True, "ready": is_ready(parts), "status": status(parts), "parts": told})

    async def _metrics(self, accept: str) -> Said:
        """In OpenMetrics for who asks for it, as Prometheus does: exemplars are there alone."""
        is_open = _OPENMETRICS in accept
        page = await self._registry.page(with_exemplars=is_open)
        return Said(page, content_type=openmetrics.CONTENT_TYPE_LATEST if is_open else CONTENT_TYPE_LATEST)


def _json(report: object, status: int = 200) -> Said:
    return Said(json.dumps(report).encode(), status)
