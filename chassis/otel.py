"""The tracer that sends spans to an OTLP collector, by OpenTelemetry's SDK (ADR 0026).

Imported only where tracing is on. Spans are encoded and sent by a thread of the SDK's; a collector that is away, or
slow, costs the spans that find no room, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_TRACES_SAMPLER
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, set_span_in_context

from chassis.tracing import Attributes, Kind, Span

MAX_WAITING = 2048
"""Spans that wait to be sent; what is more is dropped. About 4 MiB."""
BATCH = 512
EVERY_MS = 1000
CLOSE_S = 2.0
"""How long a service that ends waits for the last spans to be sent."""
_PATH = "/v1/traces"
_KINDS = {kind: SpanKind[kind.name] for kind in Kind}

_log = structlog.get_logger(__name__)


class SpanCounts:
    """How many spans were sent, and how many were dropped; told to the log when that begins and when it ends."""

    def __init__(self) -> None:
        self.sent = 0
        self.not_sent = 0
        """Refused by the collector, or it did not answer."""
        self.no_room = 0
        self._drops = False

    @property
    def dropped(self) -> int:
        """All that nobody will see."""
        return self.not_sent + self.no_room

    def sent_all(self, spans: int) -> None:
        """The collector took them; called by the thread that sends."""
        self.sent += spans
        if self._drops:
            _log.info("spans_sent_again", dropped=self.dropped)
        self._drops = False

    def failed(self, spans: int) -> None:
        """The collector did not take them; called by the thread that sends."""
        self.not_sent += spans
        if not self._drops:
            _log.warning("spans_not_sent", dropped=self.dropped)
        self._drops = True


class _CountedExporter(SpanExporter):
    def __init__(self, inner: SpanExporter, counts: SpanCounts) -> None:
        self._inner = inner
        self._counts = counts
        self.given_up = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        done = SpanExportResult.FAILURE if self.given_up else self._inner.export(spans)
        (self._counts.sent_all if done is SpanExportResult.SUCCESS else self._counts.failed)(len(spans))
        return done

    def shutdown(self) -> None:
        self._inner.shutdown()


class _Bounded(SpanProcessor):
    """Hands on what finds room. The SDK's own queue would drop the oldest, and log each."""

    def __init__(self, inner: SpanProcessor, counts: SpanCounts) -> None:
        self._inner = inner
        self._counts = counts
        self._handed = 0

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is None or not span.context.trace_flags.sampled:
            return
        if self._handed - self._counts.sent - self._counts.not_sent >= MAX_WAITING:
            self._counts.no_room += 1
            return
        self._handed += 1
        self._inner.on_end(span)

    def shutdown(self) -> None:
        self._inner.shutdown()


class OtelSpan:
    """Implements ``Span``."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        own = span.get_span_context()
        self._traceparent = f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"

    @property
    def traceparent(self) -> str:
        return self._traceparent

    def tell(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def fail(self, error_type: str) -> None:
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        self._span.end()


class OtelTracer:
    """Implements ``Tracer``; it sends from its making on, until ``close``."""

    def __init__(self, endpoint: str, resource: Mapping[str, str], *, ratio: float = 1.0) -> None:
        """``endpoint``: URL of the collector, with or without ``/v1/traces``; empty: as the environment says.
        ``resource`` tells who sends; the environment wins. ``ratio``: share of the traces without a parent that are
        sampled, where no ``OTEL_TRACES_SAMPLER`` says what is."""
        logging.getLogger("opentelemetry").setLevel(
            logging.CRITICAL
        )  # what it says again and again, SpanCounts says once
        self.counts = SpanCounts()
        base = endpoint.rstrip("/").removesuffix(_PATH)
        self._exporter = _CountedExporter(OTLPSpanExporter(endpoint=base + _PATH if base else None), self.counts)
        sender = BatchSpanProcessor(
            self._exporter,
            max_queue_size=2 * MAX_WAITING,  # never reached: ours is the bound
            schedule_delay_millis=EVERY_MS,
            max_export_batch_size=BATCH,
        )
        self._provider = TracerProvider(
            sampler=None if OTEL_TRACES_SAMPLER in os.environ else ParentBased(TraceIdRatioBased(ratio)),
            resource=Resource.create(dict(resource)).merge(OTELResourceDetector().detect()),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(_Bounded(sender, self.counts))
        self._tracer = self._provider.get_tracer("coderunner")

    def span(self, name: str, kind: Kind, parent: str, attributes: Attributes) -> Span:
        return OtelSpan(self._begun(name, kind, parent, attributes))

    def past(self, name: str, kind: Kind, parent: str, attributes: Attributes, seconds: float) -> None:
        began_ns = time.time_ns() - int(seconds * 1e9)
        self._begun(name, kind, parent, attributes, began_ns).end()

    def _begun(
        self, name: str, kind: Kind, parent: str, attributes: Attributes, began_ns: int | None = None
    ) -> trace.Span:
        context = _context_of(parent)
        return self._tracer.start_span(name, context, _KINDS[kind], attributes, start_time=began_ns)

    async def close(self) -> None:
        """Sends what waits, for at most CLOSE_S; the rest is dropped."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown()
            if not loop.is_closed():
                loop.call_soon_threadsafe(done.set)

        threading.Thread(target=shut_down, name="spans", daemon=True).start()
        try:
            await asyncio.wait_for(done.wait(), CLOSE_S)
        except TimeoutError:
            self._exporter.given_up = True
            self._exporter.shutdown()


def _context_of(traceparent: str) -> Context:
    """An empty one where there is no parent: never that of the task that happens to run."""
    if not traceparent:
        return Context()
    _, trace_id, span_id, flags = traceparent.split("-")
    parent = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    return set_span_in_context(NonRecordingSpan(parent), Context())
