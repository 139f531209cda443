"""The reading of a request's body, in bounds of size, of time and of what it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, NoReturn, TypeVar

import grpc
import msgspec
from starlette.requests import Request

from broker_gateway.application.commands import Invalid
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.http.json_bounds import has_few_values
from broker_gateway.interfaces.http.problems import RefusedError, problem, refuse
from broker_gateway.interfaces.reception import ReceptionBounds
from broker_gateway.interfaces.wire_bounds import MAX_FIELDS

MAX_BYTES = 4 << 20
"""Of a body: as of a message over gRPC."""
QUICK_BYTES = 64 << 10
"""Counted and decoded in less than a millisecond, on the loop; what is larger is off it."""

_Body = TypeVar("_Body")


class BodyOf(Generic[_Body]):
    """The type of a body."""

    def __init__(self, kind: type[_Body]) -> None:
        self._decoder = msgspec.json.Decoder(kind)

    def decoded(self, data: bytes) -> _Body:
        """The body. Raises RefusedError."""
        if not has_few_values(data, MAX_FIELDS):
            refuse(Invalid([Violation("", f"must have at most {MAX_FIELDS} values, nested ones included")]))
        try:
            return self._decoder.decode(data)
        except msgspec.ValidationError as error:
            words, _, path = str(error).partition(" - at ")
            refuse(Invalid([Violation(path.strip("`").removeprefix("$").removeprefix("."), words)]))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            refuse(Invalid([Violation("", f"is not valid JSON: {error}")]))


class Bodies:
    """Reads bodies. A body that does not arrive in time is refused, and one that is slow while too many others are."""

    def __init__(
        self,
        max_bytes: int = MAX_BYTES,
        bounds: ReceptionBounds | None = None,
        on_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_refused`` is told of each that did not arrive in time."""
        self._max_bytes = max_bytes
        self._bounds = bounds or ReceptionBounds()
        self._on_refused = on_refused
        self._slow = 0

    async def read(self, request: Request) -> bytes:
        """The whole body. Raises RefusedError, ClientDisconnect."""
        length = request.headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 16 or int(length) > self._max_bytes):
            self._too_large()
        return await self.in_time(self._arrived(request))

    async def in_time(self, arrived: Coroutine[Any, Any, bytes]) -> bytes:
        """What is on its way, once it is there. Raises RefusedError."""
        arriving = asyncio.ensure_future(arrived)
        try:
            done, _ = await asyncio.wait({arriving}, timeout=self._bounds.at_once_s)
            if not done:
                await self._wait_for_slow(arriving)
            return await arriving
        finally:
            arriving.cancel()

    async def decoded(self, request: Request, kind: BodyOf[_Body]) -> _Body:
        """The body as JSON of a type. Raises RefusedError, ClientDisconnect."""
        _require_json(request)
        return await self.made(await self.read(request), kind)

    async def made(self, data: bytes, kind: BodyOf[_Body]) -> _Body:
        """What is there, as JSON of a type. Raises RefusedError."""
        if len(data) <= QUICK_BYTES:
            return kind.decoded(data)
        return await asyncio.to_thread(kind.decoded, data)

    async def _arrived(self, request: Request) -> bytes:
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self._max_bytes:
                self._too_large()
            parts.append(part)
        return b"".join(parts)

    async def _wait_for_slow(self, arriving: asyncio.Future[bytes]) -> None:
        if self._slow >= self._bounds.slow:
            self._on_refused()
            words = "too many requests are still on their way; send it again"
            raise RefusedError(problem(grpc.StatusCode.RESOURCE_EXHAUSTED, words))
        self._slow += 1
        try:
            done, _ = await asyncio.wait({arriving}, timeout=self._bounds.within_s)
        finally:
            self._slow -= 1
        if not done:
            self._on_refused()
            words = f"the request did not arrive within {self._bounds.at_once_s + self._bounds.within_s:.0f} s"
            raise RefusedError(problem(grpc.StatusCode.DEADLINE_EXCEEDED, words, 408))

    def _too_large(self) -> NoReturn:
        words = f"the body must have at most {self._max_bytes} bytes"
        raise RefusedError(problem(grpc.StatusCode.RESOURCE_EXHAUSTED, words, 413))


def _require_json(request: Request) -> None:
    """A page of another site can have a browser send forms and plain text without asking; JSON it cannot."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(problem(grpc.StatusCode.INVALID_ARGUMENT, "the content type must be application/json", 415))
