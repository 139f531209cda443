"""The interceptor that counts and times gRPC calls, and has them logged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from inspect import isasyncgenfunction
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from prometheus_client import Histogram

from broker_gateway.infrastructure.metrics import Metrics

_REFUSALS = frozenset(
    (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNAVAILABLE,
    )
)

_CODES: dict[Any, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode} | {
    code: code for code in grpc.StatusCode
}
"""The context keeps a code as a number, or as it was given."""


OnEnded = Callable[[str, grpc.StatusCode, float], None]
"""Told the method (``/package.Service/Method``), the code, and the seconds it took."""
OnOpened = Callable[[str], None]
"""Told the method."""

if TYPE_CHECKING:
    Interceptor = grpc.aio.ServerInterceptor[Any, Any]
else:
    Interceptor = grpc.aio.ServerInterceptor  # generic in its stubs only


class CallNotes:
    """What is noted of a call that has ended, whichever way it came."""

    def __init__(
        self,
        metrics: Metrics,
        on_ended: OnEnded = lambda _method, _code, _seconds: None,
        on_opened: OnOpened = lambda _method: None,
    ) -> None:
        """``on_ended`` is told of each call that has ended, ``on_opened`` of each stream before its first answer goes
        out; both in the call's own context."""
        self.opened = on_opened
        self._metrics = metrics
        self._on_ended = on_ended
        self._seconds: dict[tuple[str, grpc.StatusCode], Histogram] = {}
        """Kept: finding one by its labels costs more than counting."""

    def ended(self, method: str, code: grpc.StatusCode, seconds: float) -> None:
        """Counts and times a call, and has it logged."""
        histogram = self._seconds.get((method, code))
        if histogram is None:
            name = method.rpartition("/")[2]
            histogram = self._seconds[method, code] = self._metrics.call_s.labels(name, code.name)
        histogram.observe(seconds)
        if code in _REFUSALS:
            self._metrics.refused.labels(code.name.lower()).inc()
        self._on_ended(method, code, seconds)


class CallMetrics(Interceptor):
    """A gRPC interceptor; the outermost, so that it sees what the others refuse."""

    def __init__(self, notes: CallNotes) -> None:
        self._notes = notes
        self._counted: dict[str, tuple[Any, Any]] = {}
        """By method: the handler that was wrapped last, and its wrapper. It is the same one unless it refuses."""

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        handler = await continuation(details)
        if handler is None or (handler.request_streaming and handler.response_streaming):
            return handler
        known = self._counted.get(details.method)
        if known is None or known[0] is not handler:
            known = self._counted[details.method] = handler, self._wrapped(handler, details.method)
        return known[1]

    def _wrapped(self, handler: Any, method: str) -> Any:
        if handler.request_streaming:
            single = self._single(handler.stream_unary, method)
            return grpc.stream_unary_rpc_method_handler(
                single, handler.request_deserializer, handler.response_serializer
            )
        if handler.response_streaming:
            inner = handler.unary_stream
            counted = self._stream(inner, method) if isasyncgenfunction(inner) else self._single(inner, method)
            return grpc.unary_stream_rpc_method_handler(
                counted, handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            self._single(handler.unary_unary, method), handler.request_deserializer, handler.response_serializer
        )

    def _single(self, inner: Callable[..., Awaitable[Any]], method: str) -> Callable[..., Awaitable[Any]]:
        async def counted(request: Any, context: Any) -> Any:
            started, left = time.perf_counter(), False
            try:
                return await inner(request, context)
            except asyncio.CancelledError:
                left = True
                raise
            finally:
                self._note(method, context, time.perf_counter() - started, left=left)

        return counted

    def _stream(self, inner: Callable[..., AsyncIterator[Any]], method: str) -> Callable[..., AsyncIterator[Any]]:
        async def counted(request: Any, context: Any) -> AsyncIterator[Any]:
            started, left, is_open = time.perf_counter(), False, False
            try:
                async with aclosing(inner(request, context)) as responses:  # type: ignore[type-var]  # is a generator
                    async for response in responses:
                        if not is_open:
                            is_open = True
                            self._notes.opened(method)
                        yield response
            except (asyncio.CancelledError, GeneratorExit):
                left = True
                raise
            finally:
                self._note(method, context, time.perf_counter() - started, left=left)

        return counted

    def _note(self, method: str, context: Any, seconds: float, *, left: bool) -> None:
        """``left``: the caller went, or its deadline came, before there was an answer. One who goes while he is refused
        was refused all the same."""
        code = _CODES.get(context.code(), grpc.StatusCode.OK)
        if left and code is grpc.StatusCode.OK:
            code = grpc.StatusCode.CANCELLED
        asyncio.get_running_loop().call_soon(self._notes.ended, method, code, seconds)  # the answer leaves first
