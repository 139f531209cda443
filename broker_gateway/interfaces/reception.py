"""The interceptor that gives a request a time in which to arrive.

gRPC waits for the whole of a unary request for as long as the caller likes, and holds what has come of it meanwhile:
two hundred calls that never end theirs cost a gateway 750 MB. So to the library every method takes a stream of
requests, of which one is read; on the wire nothing is different.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isasyncgenfunction
from traceback import clear_frames
from typing import Any

import grpc
import grpc.aio

Context = grpc.aio.ServicerContext[Any, Any]

AT_ONCE_S = 1.0
"""A request that has not arrived by then is a slow one."""
WITHIN_S = 30.0
"""A slow one has so long: 4 MiB at a megabit per second."""
SLOW = 64
"""So many may be on their way: 256 MiB."""


@dataclass(slots=True)
class ReceptionBounds:
    """How long a request may take to arrive."""

    at_once_s: float = AT_ONCE_S
    within_s: float = WITHIN_S
    slow: int = SLOW


class Reception(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs only
    """The outermost gRPC interceptor. A call whose request does not arrive in time ends as DEADLINE_EXCEEDED, one that
    is slow while too many others are as RESOURCE_EXHAUSTED. A handler without a deserializer, which refuses whatever
    comes, does not wait for it."""

    def __init__(self, bounds: ReceptionBounds | None = None, on_refused: Callable[[], None] = lambda: None) -> None:
        self.bounds = bounds or ReceptionBounds()
        self.slow = 0
        """Calls whose requests are on their way and late."""
        self._on_refused = on_refused
        self._wrapped: dict[str, tuple[Any, Any]] = {}
        """By method: the handler that was wrapped last, and its wrapper. It is the same one unless it refuses."""

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        handler = await continuation(details)
        if handler is None or handler.request_streaming:
            return handler
        known = self._wrapped.get(details.method)
        if known is None or known[0] is not handler:
            known = self._wrapped[details.method] = handler, self._receiving(handler)
        return known[1]

    def _receiving(self, handler: Any) -> Any:
        decode, encode = handler.request_deserializer, handler.response_serializer
        if not handler.response_streaming:
            single = self._single(handler.unary_unary, decode)
            return grpc.stream_unary_rpc_method_handler(single, None, encode)
        inner = handler.unary_stream
        many = self._many(inner, decode) if isasyncgenfunction(inner) else self._single(inner, decode)
        return grpc.stream_stream_rpc_method_handler(many, None, encode)

    def _single(self, inner: Callable[[Any, Context], Awaitable[Any]], decode: Any) -> Callable[..., Awaitable[Any]]:
        async def received(_requests: Any, context: Context) -> Any:
            try:
                return await inner(await self._request(decode, context), context)
            except grpc.aio.AbortError as error:
                clear_frames(error.__traceback__)  # the library keeps it, in a cycle with the call, and so the request
                raise

        return received

    def _many(self, inner: Callable[[Any, Context], AsyncIterator[Any]], decode: Any) -> Callable[..., Any]:
        async def received(_requests: Any, context: Context) -> AsyncIterator[Any]:
            request = await self._request(decode, context)
            async with aclosing(inner(request, context)) as responses:  # type: ignore[type-var]  # is a generator
                async for response in responses:
                    yield response

        return received

    async def _request(self, decode: Any, context: Context) -> Any:
        if decode is None:
            return None
        patience = _Patience(self, asyncio.current_task())
        try:
            data: Any = await context.read()
        except asyncio.CancelledError:
            if patience.refusal is None:
                raise
            patience.task.uncancel()
            self._on_refused()
            await context.abort(*patience.refusal)
        finally:
            patience.end()
        if data is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its stubs only
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the call has no request")
        return decode(data)


class _Patience:
    """How long one call's request is waited for; its ``refusal``, once that is over."""

    __slots__ = ("_owner", "_timer", "_waits", "refusal", "task")

    def __init__(self, owner: Reception, task: Any) -> None:
        self.task = task
        self.refusal: tuple[grpc.StatusCode, str] | None = None
        self._owner = owner
        self._waits = False
        self._timer = asyncio.get_running_loop().call_later(owner.bounds.at_once_s, self._is_slow)

    def end(self) -> None:
        """It has arrived, or nobody waits for it any more."""
        self._timer.cancel()
        if self._waits:
            self._owner.slow -= 1

    def _is_slow(self) -> None:
        bounds = self._owner.bounds
        if self._owner.slow >= bounds.slow:
            self._give_up(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many requests are still on their way; send it again")
            return
        self._owner.slow += 1
        self._waits = True
        words = f"the request did not arrive within {bounds.at_once_s + bounds.within_s:.0f} s"
        self._timer = asyncio.get_running_loop().call_later(
            bounds.within_s, self._give_up, grpc.StatusCode.DEADLINE_EXCEEDED, words
        )

    def _give_up(self, code: grpc.StatusCode, words: str) -> None:
        self.refusal = code, words
        self.task.cancel()
