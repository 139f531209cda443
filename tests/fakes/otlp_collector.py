"""An OTLP collector (HTTP, protobuf) that remembers the spans that it is sent."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True, slots=True)
class Collected:
    """One span, as it was sent."""

    name: str
    service: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    seconds: float
    failed: bool
    attributes: dict[str, str | int | float | bool]


@dataclass
class OtlpCollector:
    """``status`` is what it answers; while ``answers`` is not set, it does not."""

    url: str = ""
    spans: list[Collected] = field(default_factory=list)
    raw: bytes = b""
    status: int = 200
    requests: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, *names: str, within_s: float = 20) -> dict[str, Collected]:
        """The spans by name, once there is one of each of these names. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not set(names) <= (found := {span.name: span for span in self.spans}).keys():
                self.changed.clear()
                await self.changed.wait()
        return found

    async def take(self, request: web.Request) -> web.Response:
        """Answers one export."""
        body = await request.read()
        self.requests += 1
        self.changed.set()
        await self.answers.wait()
        if self.status == web.HTTPOk.status_code:
            content = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
            self.raw += content
            self.spans += _spans(ExportTraceServiceRequest.FromString(content))
        self.changed.set()
        return web.Response(status=self.status)


def _spans(request: ExportTraceServiceRequest) -> list[Collected]:
    return [
        _collected(span, str(_values(resource.resource.attributes)["service.name"]))
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _collected(span: SpanMessage, service: str) -> Collected:
    return Collected(
        name=span.name,
        service=service,
        kind=SpanMessage.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=_values(span.attributes),
    )


def _values(attributes: Iterable[KeyValue]) -> dict[str, str | int | float | bool]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value") for one in attributes}


@asynccontextmanager
async def collecting() -> AsyncIterator[OtlpCollector]:
    """A collector on a free port."""
    made = OtlpCollector()
    made.answers.set()
    application = web.Application(client_max_size=64 << 20)
    application.router.add_post("/v1/traces", made.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        made.answers.set()
        await runner.cleanup()
