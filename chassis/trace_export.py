"""Whether a service's spans are sent, and where: OpenTelemetry is imported only where they are."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily

from chassis.connections import ConnectedSettings
from chassis.metrics import watch
from chassis.process import version
from chassis.settings import ConfigurationError

if TYPE_CHECKING:
    from chassis.otel import OtelTracer

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_DISABLED = "OTEL_SDK_DISABLED"
_SENT, _DROPPED = "coderunner_spans_sent", "coderunner_spans_dropped"


def tracer_of(
    settings: ConnectedSettings, service: str, registry: CollectorRegistry, *, instance: str = "", ratio: float = 1.0
) -> OtelTracer | None:
    """The tracer of a service, such as ``coderunner-node``; None where neither settings nor environment name a
    collector. Its counts are in ``registry``. ``instance``: which of them it is; empty: host and process.
    Raises ConfigurationError where OpenTelemetry is not installed."""
    endpoint = settings.tracing_endpoint
    if os.environ.get(_DISABLED, "").lower() == "true" or not (endpoint or any(map(os.environ.get, _ENDPOINTS))):
        return None
    try:
        from chassis.otel import OtelTracer  # noqa: PLC0415 - 100 ms and 15 MiB, for those alone who trace
    except ImportError as error:
        raise ConfigurationError(f"tracing_endpoint: pip install 'coderunner-server[tracing]' ({error})") from None
    instance = instance or f"{socket.gethostname()}-{os.getpid()}"
    resource = {"service.name": service, "service.version": version(), "service.instance.id": instance}
    tracer = OtelTracer(endpoint, resource, ratio=ratio)
    watch_spans(registry, tracer)
    return tracer


def watch_spans(registry: CollectorRegistry, tracer: OtelTracer | None = None) -> None:
    """Counts what is sent, and what is not; without a tracer nothing is."""
    counts = tracer.counts if tracer is not None else None
    sent, dropped = "Spans that the collector took.", "Spans that found no room, or that the collector did not take."
    watch(registry, CounterMetricFamily, _SENT, sent, lambda: {(): counts.sent if counts else 0})
    watch(registry, CounterMetricFamily, _DROPPED, dropped, lambda: {(): counts.dropped if counts else 0})
