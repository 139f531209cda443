"""The gRPC interceptor that tells a span of each call that is traced (ADR 0026)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, contextmanager
from functools import partial
from inspect import isasyncgenfunction
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from broker_gateway.application.tracing import TRACEPARENT
from broker_gateway.domain.quota import TokenBucket
from chassis.tracing import Kind, Tracer, within
from schemas.trace import is_sampled, unsampled

if TYPE_CHECKING:
    from collections.abc import Iterator

    Interceptor = grpc.aio.ServerInterceptor[Any, Any]
else:
    Interceptor = grpc.aio.ServerInterceptor  # generic in its stubs only

_BEGINS = frozenset(
    f"/coderunner.v1.ExecutionService/{name}" for name in ("Submit", "SubmitBatch", "Execute", "SubmitAndWatch")
)
"""Methods that begin a trace where their caller has none."""
_OURS = "/coderunner.v1."
_FAULTS = frozenset(
    (
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    )
)
"""What OpenTelemetry counts as a server's own error; all others are the caller's."""
_CODES: dict[Any, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode} | {
    code: code for code in grpc.StatusCode
}


def calls_traced(per_s: float) -> TokenBucket:
    """The bound of so many traced calls a second."""
    burst = max(1, round(per_s))
    return TokenBucket(per_s, burst, float(burst), int(time.monotonic() * 1000))


class CallSpans:
    """The spans of calls, whichever way they come: a call's span is the ``TRACEPARENT`` of all that is done for it. A
    caller's own decision is kept; without one, calls that submit begin a trace, and the tracer's ratio decides."""

    def __init__(self, tracer: Tracer, bound: TokenBucket) -> None:
        """``bound``: how many calls a second are traced; a caller may ask for all."""
        self._tracer = tracer
        self._bound = bound

    def takes(self, method: str) -> bool:
        """Whether this call is traced; where it is one too many, what is done for it is not."""
        parent = TRACEPARENT.get()
        if not is_sampled(parent) and (parent or method not in _BEGINS):
            return False
        if self._bound.take(int(time.monotonic() * 1000)):
            TRACEPARENT.set(unsampled(parent))
            return False
        return True

    @contextmanager
    def span(self, method: str, code: Callable[[], grpc.StatusCode]) -> Iterator[None]:
        """The span of a call of ``/package.Service/Method``; ``code`` tells at its end how it ended."""
        service, _, name = method[1:].partition("/")
        called = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name}
        with within(self._tracer, method[1:], Kind.SERVER, TRACEPARENT.get(), called) as span:
            TRACEPARENT.set(span.traceparent)
            try:
                yield
            finally:
                ended = code()
                span.tell({"rpc.grpc.status_code": ended.value[0]})
                if ended in _FAULTS:
                    span.fail(ended.name)


class TracedCalls(Interceptor):
    """A gRPC interceptor between the one that logs and the one that reads the caller's trace."""

    def __init__(self, spans: CallSpans) -> None:
        self._spans = spans
        self._traced: dict[str, tuple[Any, Any]] = {}
        """By method: the handler that was wrapped last, and its wrapper."""

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        handler = await continuation(details)
        if handler is None or handler.request_streaming or not details.method.startswith(_OURS):
            return handler
        known = self._traced.get(details.method)
        if known is None or known[0] is not handler:
            known = self._traced[details.method] = handler, self._wrapped(handler, details.method)
        return known[1]

    def _wrapped(self, handler: Any, method: str) -> Any:
        decode, encode = handler.request_deserializer, handler.response_serializer
        if not handler.response_streaming:
            return grpc.unary_unary_rpc_method_handler(self._single(handler.unary_unary, method), decode, encode)
        inner = handler.unary_stream
        traced = self._stream(inner, method) if isasyncgenfunction(inner) else self._single(inner, method)
        return grpc.unary_stream_rpc_method_handler(traced, decode, encode)

    def _single(self, inner: Callable[..., Awaitable[Any]], method: str) -> Callable[..., Awaitable[Any]]:
        async def traced(request: Any, context: Any) -> Any:
            if not self._spans.takes(method):
                return await inner(request, context)
            with self._spans.span(method, partial(_code, context)):
                return await inner(request, context)

        return traced

    def _stream(self, inner: Callable[..., AsyncIterator[Any]], method: str) -> Callable[..., AsyncIterator[Any]]:
        async def traced(request: Any, context: Any) -> AsyncIterator[Any]:
            if not self._spans.takes(method):
                async with aclosing(inner(request, context)) as responses:  # type: ignore[type-var]  # is a generator
                    async for response in responses:
                        yield response
                return
            with self._spans.span(method, partial(_code, context)):
                async with aclosing(inner(request, context)) as responses:  # type: ignore[type-var]  # is a generator
                    async for response in responses:
                        yield response

        return traced


def _code(context: Any) -> grpc.StatusCode:
    return _CODES.get(context.code(), grpc.StatusCode.OK)
