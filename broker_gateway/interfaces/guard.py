"""The interceptor around every method: an undecodable request is told to be the caller's fault, and a fault of ours
tells nothing of our insides."""

from __future__ import annotations

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
from chassis.errors import BusUnavailableError

Context = grpc.aio.ServicerContext[Any, Any]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Undecodable:
    """The stand-in for a request that is not valid protobuf of its type, in which all text is UTF-8."""

    message: str
    """Name of the type."""


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
    decode = _forgiving(handler.request_deserializer)
    encode = handler.response_serializer
    if handler.request_streaming:
        return grpc.stream_stream_rpc_method_handler(_stream_stream(handler.stream_stream, method), decode, encode)
    if handler.response_streaming:
        inner = handler.unary_stream
        outer = _generator(inner, method) if inspect.isasyncgenfunction(inner) else _single(inner, method)
        return grpc.unary_stream_rpc_method_handler(outer, decode, encode)
    return grpc.unary_unary_rpc_method_handler(_single(handler.unary_unary, method), decode, encode)


def _forgiving(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """What a deserializer raises becomes INTERNAL before any method sees it; so it must not raise."""
    undecodable = Undecodable(getattr(getattr(decode, "__self__", None), "__name__", "request"))

    def decoded(data: bytes) -> Any:
        try:
            return decode(data)
        except (DecodeError, UnicodeDecodeError):
            return undecodable

    return decoded


def _single(inner: Callable[[Any, Context], Awaitable[Any]], method: str) -> Callable[[Any, Context], Awaitable[Any]]:
    async def guarded(request: Any, context: Context) -> Any:
        if isinstance(request, Undecodable):
            await _refuse_undecodable(request, context)
        try:
            return await inner(request, context)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a status
            await _fail(error, method, context)

    return guarded


def _generator(
    inner: Callable[[Any, Context], AsyncIterator[Any]], method: str
) -> Callable[[Any, Context], AsyncIterator[Any]]:
    async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
        if isinstance(request, Undecodable):
            await _refuse_undecodable(request, context)
        try:
            async with aclosing(inner(request, context)) as responses:  # type: ignore[type-var] # is a generator
                async for response in responses:
                    yield response
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a status
            await _fail(error, method, context)

    return guarded


def _stream_stream(
    inner: Callable[[Any, Context], AsyncIterator[Any]], method: str
) -> Callable[[Any, Context], AsyncIterator[Any]]:
    async def checked(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        async for request in requests:
            if isinstance(request, Undecodable):
                await _refuse_undecodable(request, context)
            yield request

    def opened(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        return inner(checked(requests, context), context)

    return _generator(opened, method)


async def _refuse_undecodable(request: Undecodable, context: Context) -> NoReturn:
    fault = "has text that is not valid UTF-8, or is not valid protobuf of this type"
    await refuse(context, Invalid([Violation(request.message, fault)]))


async def _fail(error: Exception, method: str, context: Context) -> NoReturn:
    if isinstance(error, BusUnavailableError):
        _log.warning("bus_unavailable", method=method, error=str(error))
        await context.abort(grpc.StatusCode.UNAVAILABLE, Unavailable.because(error).message)
    _log.error("call_failed", method=method, exc_info=error)
    await context.abort(grpc.StatusCode.INTERNAL, "internal error; the gateway's log has it")
    raise AssertionError("abort raises")
