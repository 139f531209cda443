"""The interceptor around every method: a request that is too large or cannot be decoded is told to be the caller's
fault, and a fault of ours tells nothing of our insides."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from functools import partial
from traceback import clear_frames
from typing import Any, NoReturn

import grpc
import grpc.aio

from broker_gateway.interfaces.call_bounds import CallBounds
from broker_gateway.interfaces.callers import note_subject, note_trace
from broker_gateway.interfaces.decoding import Decoder
from broker_gateway.interfaces.failures import failure
from broker_gateway.interfaces.refusals import refuse
from broker_gateway.interfaces.stranger_bounds import LASTING, StrangerBounds
from schemas import trace

Context = grpc.aio.ServicerContext[Any, Any]
Counted = Callable[[Context], AbstractAsyncContextManager[None]]


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs only
    """The innermost gRPC interceptor; it wraps each method once and keeps it."""

    def __init__(self, bounds: CallBounds, strangers: StrangerBounds | None = None) -> None:
        """``strangers``: of the calls that need no token."""
        self._bounds = bounds
        self._strangers = strangers or StrangerBounds()
        self._wrapped: dict[str, Any] = {}

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        _note_trace(details.invocation_metadata)
        handler = self._wrapped.get(details.method)
        if handler is None:
            handler = await continuation(details)
            if handler is not None:  # only methods that exist are kept
                handler = self._wrapped[details.method] = _wrap(handler, details.method, self._counted(details.method))
        return handler

    def _counted(self, method: str) -> Counted:
        return self._strangers.counted if method in LASTING else partial(_counted, self._bounds, method)


def _wrap(handler: Any, method: str, counted: Counted) -> Any:
    decoder = Decoder(handler.request_deserializer, method)
    encode = handler.response_serializer
    if handler.request_streaming and not handler.response_streaming:
        outer = _stream_unary(handler.stream_unary, decoder, method, counted)
        return grpc.stream_unary_rpc_method_handler(outer, decoder.first, encode)
    if handler.request_streaming:
        outer = _stream_stream(handler.stream_stream, decoder, method, counted)
        return grpc.stream_stream_rpc_method_handler(outer, decoder.first, encode)
    if handler.response_streaming:
        inner = handler.unary_stream
        is_generator = inspect.isasyncgenfunction(inner)
        outer = (_unary_stream if is_generator else _single)(inner, decoder, method, counted)
        return grpc.unary_stream_rpc_method_handler(outer, decoder.first, encode)
    outer = _single(handler.unary_unary, decoder, method, counted)
    return grpc.unary_unary_rpc_method_handler(outer, decoder.first, encode)


@asynccontextmanager
async def _counted(bounds: CallBounds, method: str, context: Context) -> AsyncIterator[None]:
    """The time in which a call of this method counts for its client; a client with too many is refused."""
    busy = bounds.enter(method)
    if busy is not None:
        await refuse(context, busy)
    try:
        yield
    finally:
        bounds.leave(method)


def _single(
    inner: Callable[[Any, Context], Awaitable[Any]], decoder: Decoder, method: str, counted: Counted
) -> Callable[[Any, Context], Awaitable[Any]]:
    async def guarded(first: Any, context: Context) -> Any:
        try:
            async with counted(context):
                request = await decoder.request(first, context)
                _note_subject(request)
                return await inner(request, context)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a status
            await _fail(error, method, context)

    return guarded


def _unary_stream(
    inner: Callable[[Any, Context], AsyncIterator[Any]], decoder: Decoder, method: str, counted: Counted
) -> Any:
    async def opened(first: Any, context: Context) -> AsyncIterator[Any]:
        request = await decoder.request(first, context)
        _note_subject(request)
        return inner(request, context)

    return _generator(opened, method, counted)


def _stream_unary(
    inner: Callable[[Any, Context], Awaitable[Any]], decoder: Decoder, method: str, counted: Counted
) -> Callable[[Any, Context], Awaitable[Any]]:
    async def guarded(_requests: AsyncIterator[Any], context: Context) -> Any:
        try:
            async with counted(context), aclosing(_read(decoder, context)) as requests:
                return await inner(requests, context)
        except grpc.aio.AbortError as error:
            clear_frames(error.__traceback__)  # the library keeps it, in a cycle with the call, and so what was sent
            raise
        except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a status
            await _fail(error, method, context)

    return guarded


async def _read(decoder: Decoder, context: Context) -> AsyncGenerator[Any, None]:
    """The library's own iterator holds on to the last message of a call that ended before its end, until Python's
    collector looks for cycles."""
    while (first := await context.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its stubs only
        yield await decoder.request(first, context)


async def _checked(requests: AsyncIterator[Any], decoder: Decoder, context: Context) -> AsyncIterator[Any]:
    async for first in requests:
        yield await decoder.request(first, context)


def _stream_stream(
    inner: Callable[[Any, Context], AsyncIterator[Any]], decoder: Decoder, method: str, counted: Counted
) -> Any:
    async def opened(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        return inner(_checked(requests, decoder, context), context)

    return _generator(opened, method, counted)


def _generator(
    opened: Callable[[Any, Context], Awaitable[AsyncIterator[Any]]], method: str, counted: Counted
) -> Callable[[Any, Context], AsyncIterator[Any]]:
    async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
        try:
            async with counted(context), aclosing(await opened(request, context)) as responses:  # type: ignore[type-var]
                async for response in responses:
                    yield response
        except grpc.aio.AbortError as error:
            clear_frames(error.__traceback__)  # the library keeps it, in a cycle with the call, and so the request
            raise
        except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a status
            await _fail(error, method, context)

    return guarded


def _note_trace(metadata: Any) -> None:
    for name, value in metadata or ():
        if name == trace.TRACEPARENT:
            note_trace(value)


def _note_subject(request: Any) -> None:
    """The id in a request is the one of what the call is about."""
    if subject := getattr(request, "id", ""):
        note_subject(subject)


async def _fail(error: Exception, method: str, context: Context) -> NoReturn:
    await context.abort(*failure(error, method))
    raise AssertionError("abort raises")
