"""What every call over HTTP goes through: the same as over gRPC. Who calls is asked before a body is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from functools import partial
from typing import Any, Protocol, TypeVar

import grpc
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from broker_gateway.domain.api_key import PageTerms
from broker_gateway.interfaces.authentication import Refused, bearer
from broker_gateway.interfaces.callers import VIA, note_subject, note_trace
from broker_gateway.interfaces.doorway import Doorway
from broker_gateway.interfaces.failures import failure
from broker_gateway.interfaces.http.problems import Problem, RefusedError, problem, problem_of, response
from broker_gateway.interfaces.http.reading import Bodies, BodyOf
from schemas.trace import TRACEPARENT

MAX_QUERY_BYTES = 8192
MAX_QUERY_FIELDS = 128
"""Each costs ten microseconds to read, and a query says what a request is a call of: before anybody knows whose."""

_Body = TypeVar("_Body")
_Call = TypeVar("_Call", bound="AnyCall")


class Notes(Protocol):
    """What notes calls."""

    @property
    def opened(self) -> Callable[[str], None]:
        """Told of a stream's method before its first answer goes out."""
        ...

    def ended(self, method: str, code: grpc.StatusCode, seconds: float) -> None:
        """Told of each call that has ended, in the call's own context."""
        ...


class Spans(Protocol):
    """What tells a tracer of calls."""

    def takes(self, method: str) -> bool:
        """Whether this call is traced."""
        ...

    def span(self, method: str, code: Callable[[], grpc.StatusCode]) -> AbstractContextManager[None]:
        """The time of a call; ``code`` tells at its end how it ended."""
        ...


class Visits(Protocol):
    """What judges calls with publishable keys."""

    def refusal(self, request: HTTPConnection, page: PageTerms) -> Refused | None:
        """Why such a call is refused; None where it is not."""
        ...


class AnyCall:
    """One call, whether it is a request or a WebSocket."""

    request: Request | WebSocket

    def __init__(self, method: str, bodies: Bodies) -> None:
        """``method``: the ``/package.Service/Method`` that it is a call of."""
        self.method = method
        self.code = grpc.StatusCode.OK
        self.is_for_pages = False
        """Its route is one that publishable keys open."""
        self.has_left = False
        """Its caller has gone before the answer."""
        self.bodies = bodies

    def task_id(self) -> str:
        """The id in the path; the call is about it from now on."""
        task_id: str = self.request.path_params["id"]
        note_subject(task_id)
        return task_id

    def ends_with(self, problem: Problem) -> Problem:
        """Says that the call ends with the problem."""
        self.code = grpc.StatusCode[problem.code]
        return problem

    def leave(self, serving: asyncio.Task[Any]) -> None:
        """Ends the call, which ``serving`` serves: its caller has gone."""
        self.has_left = True
        serving.cancel()


class Call(AnyCall):
    """A call that is one request."""

    request: Request

    def __init__(self, request: Request, method: str, bodies: Bodies) -> None:
        super().__init__(method, bodies)
        self.request = request

    async def body(self, kind: BodyOf[_Body]) -> _Body:
        """What was sent, as JSON of a type. Raises RefusedError."""
        return await self.bodies.decoded(self.request, kind)

    async def sent(self) -> bytes:
        """What was sent, as it is. Raises RefusedError."""
        return await self.bodies.read(self.request)

    @asynccontextmanager
    async def until_left(self) -> AsyncIterator[None]:
        """The time in which the call ends where its caller goes away; once the body was read."""
        serving = asyncio.current_task()
        assert serving is not None  # noqa: S101  # for mypy: this runs in a task
        watching = asyncio.create_task(self._left())

        def leave(_: object) -> None:
            self.leave(serving)

        watching.add_done_callback(leave)
        try:
            yield
        finally:
            watching.remove_done_callback(leave)
            watching.cancel()

    async def _left(self) -> None:
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


Handler = Callable[[Call], Awaitable[ASGIApp]]
Told = Callable[[Problem], ASGIApp]
"""The response that tells a caller of a problem, in the words of what he speaks."""


class Calls:
    """The way of all calls."""

    def __init__(
        self,
        doorway: Doorway,
        notes: Notes,
        spans: Spans | None = None,
        bodies: Bodies | None = None,
        visits: Visits | None = None,
    ) -> None:
        """``visits``: None: no publishable keys are taken."""
        self._visits = visits
        self._doorway = doorway
        self._notes = notes
        self._spans = spans
        self.bodies = bodies or Bodies()

    def endpoint(
        self,
        method: Callable[[Request], str],
        handler: Handler,
        token: Callable[[Request], str] | None = None,
        told: Told = response,
        *,
        for_pages: bool = False,
    ) -> Endpoint:
        """The application for one route. ``method``: what a request is a call of, by its head alone; ``token``: where
        its caller's token is; None: in ``Authorization: Bearer``; ``told``: how a problem is told;
        ``for_pages``: publishable keys open it."""
        return Endpoint(self, method, handler, token or bearer_of, told, for_pages=for_pages)

    async def serve(
        self,
        call: _Call,
        handler: Callable[[_Call], Awaitable[ASGIApp]],
        token: str,
        send: Send,
        told: Told = response,
    ) -> None:
        """Serves one call, whatever comes of it."""
        VIA.set("http")
        note_trace(call.request.headers.get(TRACEPARENT, ""))
        started = time.perf_counter()
        try:
            if self._spans is not None and self._spans.takes(call.method):
                with self._spans.span(call.method, lambda: call.code):
                    await self._serve(call, handler, token, send, told)
            else:
                await self._serve(call, handler, token, send, told)
        finally:
            self._notes.ended(call.method, call.code, time.perf_counter() - started)

    def opened(self, call: AnyCall) -> None:
        """Notes that a stream is about to give its first answer."""
        self._notes.opened(call.method)

    def read(self, reads: int) -> None:
        """Counts reads of the current call's client beside the call itself. Raises RefusedError where they are too
        many."""
        busy = self._doorway.bounds.read(reads)
        if busy is not None:
            raise RefusedError(problem_of(busy))

    async def _serve(
        self, call: _Call, handler: Callable[[_Call], Awaitable[ASGIApp]], token: str, send: Send, told: Told
    ) -> None:
        is_counted = False
        try:
            try:
                await self._admit(call, token)
                is_counted = True
                answer = await handler(call)
            except RefusedError as refused:
                answer = told(call.ends_with(refused.problem))
            except (asyncio.CancelledError, ClientDisconnect):
                raise
            except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a status
                answer = told(call.ends_with(problem(*failure(error, call.method))))
            await answer(call.request.scope, call.request.receive, send)
        except ClientDisconnect:
            call.code = grpc.StatusCode.CANCELLED
        except asyncio.CancelledError:
            call.code = grpc.StatusCode.CANCELLED
            serving = asyncio.current_task()
            if not call.has_left or serving is None:
                raise
            serving.uncancel()
        except Exception:
            call.code = grpc.StatusCode.INTERNAL  # the answer itself could not be given; the server logs it
            raise
        finally:
            if is_counted:
                self._doorway.bounds.leave(call.method)

    async def _admit(self, call: AnyCall, token: str) -> None:
        """Raises RefusedError for a caller who may not call, or not now."""
        if self._doorway.recognising is not None:
            judge_page = partial(self._visits.refusal, call.request) if self._visits and call.is_for_pages else None
            refused = await self._doorway.recognising.refusal(call.method, token, judge_page)
            if refused is not None:
                raise RefusedError(problem(*refused))
        busy = self._doorway.bounds.enter(call.method)
        if busy is not None:
            raise RefusedError(problem_of(busy))

    def call(self, request: Request, method: str) -> Call:
        """A call that has just come."""
        return Call(request, method, self.bodies)


class Endpoint:
    """An ASGI application: one route."""

    def __init__(
        self,
        calls: Calls,
        method: Callable[[Request], str],
        handler: Handler,
        token: Callable[[Request], str],
        told: Told,
        *,
        for_pages: bool,
    ) -> None:
        self._for_pages = for_pages
        self._calls = calls
        self._method = method
        self._handler = handler
        self._token = token
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = over(scope["query_string"])
        if most:
            words = f"the query must have at most {most}"
            await self._told(problem(grpc.StatusCode.INVALID_ARGUMENT, words, 414))(scope, receive, send)
            return
        request = Request(scope, receive)
        call = self._calls.call(request, self._method(request))
        call.is_for_pages = self._for_pages
        await self._calls.serve(call, self._handler, self._token(request), send, self._told)


def bearer_of(request: HTTPConnection) -> str:
    """The token in ``Authorization: Bearer``; empty where there is none."""
    return bearer(request.headers.get("authorization", ""))


def over(query: bytes) -> str:
    """What a query may have, where it has more."""
    if len(query) > MAX_QUERY_BYTES:
        return f"{MAX_QUERY_BYTES} bytes"
    return f"{MAX_QUERY_FIELDS} fields" if query.count(b"&") >= MAX_QUERY_FIELDS else ""
