"""The routes of talking to a program while it runs, over WebSockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing

import grpc
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from broker_gateway.application.commands import Invalid
from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.application.interacting import Heard, NumberedSaid
from broker_gateway.application.telling import Taken
from broker_gateway.domain.client_role import ClientRole
from broker_gateway.domain.draft import DraftCounts
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.callers import LASTS, Asking, note_subject
from broker_gateway.interfaces.failures import failure
from broker_gateway.interfaces.http.calls import Call, Calls
from broker_gateway.interfaces.http.events import is_early
from broker_gateway.interfaces.http.operations import Operation, Parameter
from broker_gateway.interfaces.http.problems import Problem, RefusedError, problem, problem_of, refuse
from broker_gateway.interfaces.http.reading import BodyOf
from broker_gateway.interfaces.http.said_bodies import InteractEvent, InteractMessage, WaitsBody, taken_event
from broker_gateway.interfaces.http.sockets import SocketCall, SocketEndpoint, SocketHandler, SocketOrigins, ending
from broker_gateway.interfaces.http.told_output import ToldOutput
from broker_gateway.interfaces.submissions import command_of
from schemas.execution import Execution, OutputChunk

INTERACT = "/coderunner.v1.ExecutionService/Interact"
BEGIN, GO_ON = "/v1/executions:interact", "/v1/executions/{id}/interact"
_message = BodyOf(InteractMessage)
_Said = AsyncIterator[NumberedSaid | Invalid]


class InteractRoutes:
    """The handlers."""

    def __init__(
        self, service: CodeExecutionAppService, calls: Calls, counts: DraftCounts, *, asks_who: bool = False
    ) -> None:
        """``counts``: what is taken over of each task."""
        self._service = service
        self._calls = calls
        self._counts = counts
        self._asking = Asking(asks_who=asks_who)

    def operations(self) -> Sequence[Operation]:
        """What a request is told that asks for no WebSocket."""
        task = Parameter("id", "the task's", "path")
        return (
            Operation("GET", BEGIN, INTERACT, self.interact, "Talk to a program: a WebSocket", {101: None}),
            Operation("GET", GO_ON, INTERACT, self.go_on_interacting, "Go on talking to one: a WebSocket", {101: None},
                      parameters=[task]),
        )  # fmt: skip

    def routes(self, origins: Collection[str]) -> Sequence[BaseRoute]:
        """The routes; ``origins``: of pages that may open them, beside those that show a publishable key."""
        judging = SocketOrigins(origins)

        def route(path: str, handler: SocketHandler) -> BaseRoute:
            return WebSocketRoute(path, SocketEndpoint(self._calls, judging, INTERACT, handler, for_pages=True))

        return route(BEGIN, self.begin), route(GO_ON, self.go_on)

    async def interact(self, _call: Call) -> ASGIApp:
        """Refuses: the upgrade is missing."""
        raise RefusedError(_upgrade())

    async def go_on_interacting(self, _call: Call) -> ASGIApp:
        """Refuses: the upgrade is missing."""
        raise RefusedError(_upgrade())

    async def begin(self, call: SocketCall) -> ASGIApp:
        """Submits the task of the first message, and talks to its program."""
        await call.accept()
        first = await call.bodies.made(await call.bodies.in_time(call.told()), _message)
        if first.begin is None:
            refuse(Invalid([Violation("begin", "must be the first message")]))
        commands = [command_of(first.begin.draft(self._counts))]  # taken out, or it is held as long as the talk lasts
        caller = self._asking.caller(ClientRole.OPERATE)
        return Talk(call, lambda said: self._service.interact(commands.pop(), said, caller, LASTS.get()))

    async def go_on(self, call: SocketCall) -> ASGIApp:
        """Talks to the program of a task that was submitted before."""
        await call.accept()
        caller, task_id = self._asking.caller(ClientRole.OPERATE), call.task_id()
        return Talk(call, lambda said: self._service.go_on_interacting(task_id, said, caller, LASTS.get()))


class Talk:
    """The application of an open WebSocket: ``execution``, ``output``, ``waits`` and ``taken`` as they come. All output
    that the result has was told before it, in pieces whose offsets say where it belongs."""

    def __init__(self, call: SocketCall, hearing: Callable[[_Said], AsyncGenerator[Heard, None]]) -> None:
        """``hearing``: what is heard of the program, to which is told what it is given."""
        self._call = call
        self._hearing = hearing
        self._told: ToldOutput | None = None

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        serving = asyncio.current_task()
        assert serving is not None  # noqa: S101  # for mypy: this runs in a task
        call = self._call
        try:
            async with aclosing(self._hearing(self._said(serving))) as heard:
                async for item in heard:
                    await self._tell(item)
            await call.request.close()
        except RefusedError as refused:
            await ending(call.ends_with(refused.problem), call.request)
        except WebSocketDisconnect:
            call.code = grpc.StatusCode.CANCELLED
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - as for every call: a fault becomes a problem
            await ending(call.ends_with(problem(*failure(error, call.method))), call.request)

    async def _said(self, serving: asyncio.Task[object]) -> AsyncGenerator[NumberedSaid | Invalid, None]:
        """What the caller says. The call ends where he goes."""
        while True:
            try:
                message = await self._call.bodies.made(await self._call.told(), _message)
            except ClientDisconnect:
                self._call.leave(serving)
                return
            if message.said is None:
                yield Invalid([Violation("said", "must be all that follows the first message")])
            else:
                yield message.said.said()

    async def _tell(self, item: Heard) -> None:
        if isinstance(item, Taken):
            await self._send(taken_event(item))
        elif isinstance(item, OutputChunk) and item.stream == "stdin":
            await self._send(InteractEvent(waits=WaitsBody(item.attempt)))
        elif isinstance(item, Execution | OutputChunk):
            await self._tell_watched(item)
        else:
            raise RefusedError(problem_of(item))

    async def _tell_watched(self, item: Execution | OutputChunk) -> None:
        if self._told is None:
            self._told = ToldOutput(is_early=is_early(item))
        if isinstance(item, OutputChunk):
            news = self._told.news(item)
            if news is not None:
                await self._send(InteractEvent(output=news))
            return
        note_subject(item.id)
        for chunk in self._told.missing(item) if item.status.is_final else ():
            await self._send(InteractEvent(output=chunk))
        await self._send(InteractEvent(execution=item))

    async def _send(self, event: InteractEvent) -> None:
        await self._call.request.send_text(event.text())


def _upgrade() -> Problem:
    return problem(grpc.StatusCode.FAILED_PRECONDITION, "this is a WebSocket (RFC 6455)", 426)
