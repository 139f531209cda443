"""A conversation with a program that runs on a gateway's node, over as many calls as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import grpc

from coderunner import responses
from coderunner.connection import Connection
from coderunner.errors import CodeRunnerError, GatewayUnavailable
from coderunner.grpc_errors import is_transient
from coderunner.model import Execution, Output, Stream
from coderunner.told_output import ToldOutput
from coderunner.v1 import execution_pb2 as pb

_REOPEN_PAUSE_S = 0.1
_PATIENCE_S = 30.0
_EVENTS = 1024


@dataclass(frozen=True, slots=True)
class Waits:
    """The program waits for its input now."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Its node has all that was said up to this number. In another attempt than before: what follows it has to be said
    again."""

    number: int
    attempt: int


class Saying(Protocol):
    """What is said to a program, by number."""

    def taken(self, number: int, attempt: int) -> None:
        """The node has all up to ``number``."""

    def from_taken(self) -> AsyncIterator[pb.Said]:
        """In a new call: what is not known to be taken, and then what comes. For ever."""


class Conversation:
    """From the beginning of its ``async with`` block to its end. Every method raises CodeRunnerError or one of its
    kinds."""

    def __init__(self, gateway: Connection, what: pb.Task | str, saying: Saying) -> None:
        """``what``: a task to submit, or the id of one that was."""
        self._gateway = gateway
        self._task = what if isinstance(what, pb.Task) else None
        self.id = what if isinstance(what, str) else ""
        """The task's id; empty until it is accepted."""
        self._saying = saying
        self._events: asyncio.Queue[Output | Waits | Taken | Execution | CodeRunnerError] = asyncio.Queue(_EVENTS)
        self._told = ToldOutput()
        self._result: Execution | None = None
        self._work: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._work = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work

    async def _heard(self) -> AsyncIterator[Output | Waits | Taken | Execution]:
        while self._result is None:
            event = await self._events.get()
            if isinstance(event, CodeRunnerError):
                raise event
            if isinstance(event, Execution) and event.status.is_final:
                self._result = event
            yield event

    async def _run(self) -> None:
        try:
            await self._calls()
        except CodeRunnerError as error:
            await self._events.put(error)
        except Exception as error:  # noqa: BLE001 - whoever listens hears of whatever ends it
            await self._events.put(CodeRunnerError(f"the conversation broke: {error!r}"))

    async def _calls(self) -> None:
        """As many as it takes."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + _PATIENCE_S
        while True:
            call = self._gateway.execution.Interact(metadata=self._gateway.metadata)
            writing = asyncio.create_task(self._write(call))
            was_heard = False
            try:
                async for message in call:
                    was_heard = True
                    if await self._hear(message):
                        return
            except grpc.aio.AioRpcError as error:
                if not _is_broken(error) or not (was_heard or loop.time() < patience):
                    await self._events.put(self._gateway.error(error))
                    return
            finally:
                writing.cancel()
                call.cancel()
                await asyncio.gather(writing, return_exceptions=True)
            if was_heard:  # it may have been silent for long: a program that waits says nothing
                patience = loop.time() + _PATIENCE_S
            if loop.time() > patience:
                await self._events.put(GatewayUnavailable(f"the gateway at {self._gateway.target} ends every call"))
                return
            await asyncio.sleep(_REOPEN_PAUSE_S)

    async def _write(self, call: Any) -> None:
        begin = pb.InteractRequest(resume=self.id) if self.id else pb.InteractRequest(begin=self._task)
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):  # whoever reads hears of it
            await call.write(begin)
            async for said in self._saying.from_taken():
                await call.write(pb.InteractRequest(said=said))

    async def _hear(self, message: pb.InteractResponse) -> bool:
        """True where that was the end."""
        what = message.WhichOneof("what")
        if what == "taken":
            await self._hear_taken(Taken(message.taken.number, message.taken.attempt))
        elif what == "waits":
            await self._events.put(Waits(message.waits.attempt))
        elif what == "output":
            await self._put(responses.output(message.output))
        elif what == "execution":
            return await self._hear_state(responses.execution(message.execution))
        return False

    async def _hear_taken(self, taken: Taken) -> None:
        self._saying.taken(taken.number, taken.attempt)

    async def _hear_state(self, state: Execution) -> bool:
        self.id = state.id
        if state.status.is_final and state.run is not None:
            texts = {Stream.STDOUT: state.run.stdout, Stream.STDERR: state.run.stderr}
            for stream, text in texts.items():
                await self._put(Output(stage="run", stream=stream, offset=0, text=text, attempt=state.attempt))
        await self._events.put(state)
        return state.status.is_final

    async def _put(self, output: Output) -> None:
        """What is new of a piece of output."""
        for piece in self._told.news(output):
            await self._events.put(piece)


def _is_broken(error: grpc.aio.AioRpcError) -> bool:
    """The connection, and not the call: gRPC says so in words of its own where it broke under a message."""
    return is_transient(error) or error.details() == "Internal error from Core"
