"""Piston's WebSocket: a program that is given input and signals while it runs, in Piston's messages and close codes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from itertools import count
from typing import TYPE_CHECKING, Any

import grpc
import msgspec
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from broker_gateway.application.commands import Invalid
from broker_gateway.application.interacting import Heard, NumberedSaid
from broker_gateway.application.telling import Taken
from broker_gateway.domain.client_role import ClientRole
from broker_gateway.domain.draft import DraftInteraction, TaskDraft
from broker_gateway.interfaces.callers import LASTS, note_subject
from broker_gateway.interfaces.failures import failure
from broker_gateway.interfaces.http.dialect_files import made_of
from broker_gateway.interfaces.http.interact_routes import INTERACT
from broker_gateway.interfaces.http.piston_bodies import ExecuteBody, chars_of, draft_of, runtime_of, wrong
from broker_gateway.interfaces.http.piston_runtimes import PistonRuntimes, Runtime
from broker_gateway.interfaces.http.piston_stages import PistonStages
from broker_gateway.interfaces.http.problems import Problem, RefusedError, problem, problem_of
from broker_gateway.interfaces.http.reading import BodyOf
from broker_gateway.interfaces.http.run_to_end import QUEUED_MS
from broker_gateway.interfaces.http.sockets import SocketCall, SocketEndpoint, SocketOrigins, last_words
from broker_gateway.interfaces.submissions import command_of
from schemas.execution import Execution, OutputChunk
from schemas.interaction import SAID_BYTES, Said, SignalName

if TYPE_CHECKING:
    from broker_gateway.interfaces.http.dialects import DialectParts

_INIT_S = 1.0
_GRACE_MS = 10_000
"""After which a program whose client has gone is ended: none can come again."""
_ALREADY, _NOTIFIED, _LATE, _EARLY, _NO_STDIN, _NO_SIGNAL, _COMPLETED = 4000, 4002, 4001, 4003, 4004, 4005, 4999
_SIGNALS = {f"SIG{one.value}": one for one in SignalName}


class MessageBody(ExecuteBody):
    """What a client sends, of any type."""

    type: Any = None
    stream: Any = None
    data: Any = None
    signal: Any = None


_message = BodyOf(MessageBody)


class ClosedError(Exception):
    """Ends the connection with a code of Piston's, and without a message."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def connect_route(parts: DialectParts, path: str, token: Callable[[WebSocket], str]) -> BaseRoute:
    """The route."""
    connecting = PistonConnect(parts)
    origins = SocketOrigins(parts.origins)
    endpoint = SocketEndpoint(parts.calls, origins, INTERACT, connecting.connect, token=token, told=_Notified)
    return WebSocketRoute(path, endpoint)


class PistonConnect:
    """The handler."""

    def __init__(self, parts: DialectParts) -> None:
        self._parts = parts
        self._runtimes = PistonRuntimes(parts.catalog)

    async def connect(self, call: SocketCall) -> ASGIApp:
        """Waits for a program, and gives the application that talks to it."""
        await call.accept()
        try:
            async with asyncio.timeout(_INIT_S):
                body = await _initial(call)
        except TimeoutError:
            call.code = grpc.StatusCode.DEADLINE_EXCEEDED
            return _Closed(call, _LATE, "Initialization Timeout")
        except ClosedError as closed:
            call.code = grpc.StatusCode.INVALID_ARGUMENT
            return _Closed(call, closed.code, closed.reason)
        runtime = runtime_of(body, self._runtimes)
        parts = self._parts
        draft = await made_of(chars_of(body), lambda: draft_of(body, runtime, parts.limits, parts.counts))
        draft.stdin = ""  # it comes in messages
        draft.interaction = DraftInteraction(grace_ms=_GRACE_MS)
        draft.queue_deadline_ms = QUEUED_MS
        return _Job(parts, call, draft, runtime)


class _Job:
    """The application: one program, from its beginning to its end."""

    def __init__(self, parts: DialectParts, call: SocketCall, draft: TaskDraft, runtime: Runtime) -> None:
        self._parts = parts
        self._call = call
        self._draft = draft
        self._stages = PistonStages(runtime, self._send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serving = asyncio.current_task()
        assert serving is not None  # noqa: S101  # for mypy: this runs in a task
        call = self._call
        try:
            await self._run(serving)
            await call.request.close(_COMPLETED, "Job Completed")
        except ClosedError as closed:
            call.code = grpc.StatusCode.INVALID_ARGUMENT
            await _Closed(call, closed.code, closed.reason)(scope, receive, send)
        except RefusedError as refused:
            await _Notified(call.ends_with(refused.problem), call.request)(scope, receive, send)
        except WebSocketDisconnect:
            call.code = grpc.StatusCode.CANCELLED
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - as for every call: a fault becomes a problem
            told = call.ends_with(problem(*failure(error, call.method)))
            await _Notified(told, call.request)(scope, receive, send)

    async def _run(self, serving: asyncio.Task[object]) -> None:
        parts, said = self._parts, self._said(serving)
        caller = parts.asking.caller(ClientRole.OPERATE)
        async with aclosing(parts.executions.interact(command_of(self._draft), said, caller, LASTS.get())) as heard:
            async for item in heard:
                await self._tell(item)

    async def _tell(self, item: Heard) -> None:
        if isinstance(item, Execution):
            note_subject(item.id)
            await self._stages.state(item)
        elif isinstance(item, OutputChunk):
            await self._stages.output(item)
        elif not isinstance(item, Taken):
            raise RefusedError(problem_of(item))

    async def _said(self, serving: asyncio.Task[object]) -> AsyncGenerator[NumberedSaid | Invalid, None]:
        """What the client says, by number. Raises ClosedError, RefusedError."""
        numbers = count(1)
        while True:
            try:
                body = await self._call.bodies.made(await self._call.told(), _message)
            except ClientDisconnect:
                self._call.leave(serving)
                return
            for said in _things(body):
                yield NumberedSaid(next(numbers), said)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._call.request.send_text(_text(message))


class _Closed:
    """The application that closes."""

    def __init__(self, call: SocketCall, code: int, reason: str) -> None:
        self._call = call
        self._code = code
        self._reason = reason

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        await last_words(self._call.request, "", self._code, self._reason)


class _Notified:
    """The application that tells a problem in Piston's words, and closes."""

    def __init__(self, problem: Problem, socket: WebSocket) -> None:
        self._words = problem.detail.removeprefix(": ")
        self._socket = socket

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        text = _text({"type": "error", "message": self._words})
        await last_words(self._socket, text, _NOTIFIED, "Notified Error")


async def _initial(call: SocketCall) -> MessageBody:
    """The message with the program. What is of no type that is known is passed over, as Piston does. Raises
    ClosedError, RefusedError."""
    while True:
        body = await call.bodies.made(await call.told(), _message)
        if body.type == "init":
            return body
        if body.type in ("data", "signal"):
            raise ClosedError(_EARLY, "Not yet initialized")


def _things(body: MessageBody) -> list[Said]:
    """What a message says to the program. Raises ClosedError, RefusedError."""
    if body.type == "init":
        raise ClosedError(_ALREADY, "Already Initialized")
    if body.type == "signal":
        if not isinstance(body.signal, str) or body.signal not in _SIGNALS:
            raise ClosedError(_NO_SIGNAL, "Invalid signal")
        return [Said.of(signal=_SIGNALS[body.signal])]
    if body.type != "data":
        return []
    if body.stream != "stdin":
        raise ClosedError(_NO_STDIN, "Can only write to stdin")
    if not isinstance(body.data, str):
        wrong("data must be a string")
    data = body.data.encode(errors="surrogatepass")
    return [Said.of(data[start : start + SAID_BYTES]) for start in range(0, len(data), SAID_BYTES)]


def _text(message: dict[str, Any]) -> str:
    return msgspec.json.encode(message).decode()
