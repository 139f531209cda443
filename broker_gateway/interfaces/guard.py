"""The interceptor around every method: a request that is too large or cannot be decoded is told to be the caller's
fault, and a fault of ours tells nothing of our insides."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
import grpc.aio
import structlog
from google.protobuf.message import DecodeError

from broker_gateway.application.commands import Invalid, Unavailable
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.refusals import refuse
from broker_gateway.interfaces.wire_bounds import (
    MAX_FIELDS,
    MAX_QUERY_BYTES,
    QUICK_FIELDS,
    SMALL_BYTES,
    Shape,
    has_few_fields,
    shape_of,
)
from chassis.errors import BusUnavailableError

Context = grpc.aio.ServicerContext[Any, Any]

SUBMITTING = frozenset(f"/coderunner.v1.ExecutionService/{name}" for name in ("Submit", "SubmitBatch", "Execute"))
"""Methods whose requests carry programs; all others have small requests."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """The stand-in for a request that is not worth decoding, or that cannot be decoded."""

    violation: Violation


@dataclass(frozen=True, slots=True)
class Uncounted:
    """The stand-in for a request whose fields are too many to be counted on the loop."""

    data: bytes


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs only
    """The innermost gRPC interceptor; it wraps each method once and keeps it."""

    def __init__(self) -> None:
        self._wrapped: dict[str, Any] = {}

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        handler = self._wrapped.get(details.method)
        if handler is None:
            handler = await continuation(details)
            if handler is not None:  # only methods that exist are kept
                handler = self._wrapped[details.method] = _wrap(handler, details.method)
        return handler


def _wrap(handler: Any, method: str) -> Any:
    decoder = Decoder(handler.request_deserializer, method)
    encode = handler.response_serializer
    if handler.request_streaming:
        outer = _stream_stream(handler.stream_stream, decoder, method)
        return grpc.stream_stream_rpc_method_handler(outer, decoder.first, encode)
    if handler.response_streaming:
        inner = handler.unary_stream
        is_generator = inspect.isasyncgenfunction(inner)
        outer = _unary_stream(inner, decoder, method) if is_generator else _single(inner, decoder, method)
        return grpc.unary_stream_rpc_method_handler(outer, decoder.first, encode)
    return grpc.unary_unary_rpc_method_handler(_single(handler.unary_unary, decoder, method), decoder.first, encode)


class Decoder:
    """The decoding of one method's requests, in bounds. What a deserializer raises becomes INTERNAL before any method
    sees it, and it runs on the loop: so ``first`` does not raise, and leaves what takes long to ``request``."""

    def __init__(self, decode: Callable[[bytes], Any], method: str) -> None:
        """``decode`` is the generated class's ``FromString``."""
        message = getattr(decode, "__self__", None)
        name = getattr(message, "__name__", "request")
        self._decode = decode
        self._shape = shape_of(message.DESCRIPTOR) if message is not None else Shape(name)
        self._max_bytes = None if method in SUBMITTING else MAX_QUERY_BYTES
        self._undecodable = Refused(
            Violation(name, "has text that is not valid UTF-8, or is not valid protobuf of this type")
        )
        self._too_many = Refused(Violation(name, f"must have at most {MAX_FIELDS} fields, nested ones included"))
        self._too_large = Refused(Violation(name, f"must have at most {MAX_QUERY_BYTES} bytes"))

    def first(self, data: bytes) -> Any:
        """The request, or what stands for it."""
        if self._max_bytes is not None and len(data) > self._max_bytes:
            return self._too_large
        if len(data) <= SMALL_BYTES or has_few_fields(data, self._shape, QUICK_FIELDS):
            return self._decoded(data)
        return Uncounted(data)

    async def request(self, first: Any, context: Context) -> Any:
        """The request that ``first`` stands for; ends the call where it is refused."""
        if isinstance(first, Uncounted):
            in_bounds = await asyncio.to_thread(has_few_fields, first.data, self._shape)
            first = self._decoded(first.data) if in_bounds else self._too_many
        if isinstance(first, Refused):
            await refuse(context, Invalid([first.violation]))
        return first

    def _decoded(self, data: bytes) -> Any:
        try:
            return self._decode(data)
        except (DecodeError, UnicodeDecodeError):
            return self._undecodable


def _single(
    inner: Callable[[Any, Context], Awaitable[Any]], decoder: Decoder, method: str
) -> Callable[[Any, Context], Awaitable[Any]]:
    async def guarded(first: Any, context: Context) -> Any:
        try:
            return await inner(await decoder.request(first, context), context)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a status
            await _fail(error, method, context)

    return guarded


def _unary_stream(inner: Callable[[Any, Context], AsyncIterator[Any]], decoder: Decoder, method: str) -> Any:
    async def opened(first: Any, context: Context) -> AsyncIterator[Any]:
        return inner(await decoder.request(first, context), context)

    return _generator(opened, method)


def _stream_stream(inner: Callable[[Any, Context], AsyncIterator[Any]], decoder: Decoder, method: str) -> Any:
    async def checked(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        async for first in requests:
            yield await decoder.request(first, context)

    async def opened(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        return inner(checked(requests, context), context)

    return _generator(opened, method)


def _generator(
    opened: Callable[[Any, Context], Awaitable[AsyncIterator[Any]]], method: str
) -> Callable[[Any, Context], AsyncIterator[Any]]:
    async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
        try:
            async with aclosing(await opened(request, context)) as responses:  # type: ignore[type-var] # is a generator
                async for response in responses:
                    yield response
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a status
            await _fail(error, method, context)

    return guarded


async def _fail(error: Exception, method: str, context: Context) -> NoReturn:
    if isinstance(error, BusUnavailableError):
        _log.warning("bus_unavailable", method=method, error=str(error))
        await context.abort(grpc.StatusCode.UNAVAILABLE, Unavailable.because(error).message)
    _log.error("call_failed", method=method, exc_info=error)
    await context.abort(grpc.StatusCode.INTERNAL, "internal error; the gateway's log has it")
    raise AssertionError("abort raises")
