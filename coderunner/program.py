"""A program that runs on a gateway's node and is talked to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import grpc

from coderunner import responses
from coderunner.connection import CALL_S, Connection
from coderunner.errors import CodeRunnerError, GatewayUnavailable
from coderunner.grpc_errors import is_transient
from coderunner.model import Execution, Output, Stream
from coderunner.spoken import Spoken
from coderunner.v1 import execution_pb2 as pb

Signal = Literal["HUP", "INT", "QUIT", "USR1", "USR2", "TERM"]
_REOPEN_PAUSE_S = 0.1
_PATIENCE_S = 30.0
_EVENTS = 1024


@dataclass(frozen=True, slots=True)
class Waits:
    """The program waits for its input now."""

    attempt: int


Event = Output | Waits | Execution


class Program:
    """A program, from the beginning of its ``async with`` block to its end: who leaves the block before the program has
    ended ends it. Iterating gives its output as it appears, ``Waits`` whenever it waits for input, and the task's
    states; the last is the result. A gateway's restart is survived, and no input is lost or doubled by it; what the
    program prints meanwhile is in the result alone. Every method raises CodeRunnerError or one of its kinds."""

    def __init__(self, gateway: Connection, what: pb.Task | str) -> None:
        """``what``: a task to submit, or the id of one that was."""
        self._gateway = gateway
        self._task = what if isinstance(what, pb.Task) else None
        self.id = what if isinstance(what, str) else ""
        """The task's id; empty until it is accepted."""
        self._spoken = Spoken()
        self._events: asyncio.Queue[Event | CodeRunnerError] = asyncio.Queue(_EVENTS)
        self._seen: dict[Stream, int] = {}
        self._attempt = 0
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
        if self._result is None and self.id:
            with suppress(CodeRunnerError):
                await self._gateway.ask(self._gateway.execution.Cancel, pb.CancelRequest(id=self.id), CALL_S)

    async def write(self, data: str | bytes) -> None:
        """Gives it more of its standard input: at most 1 MiB in all."""
        self._spoken.write(data.encode() if isinstance(data, str) else data)

    async def close_input(self) -> None:
        """Its standard input ends."""
        self._spoken.say(close=True)

    async def signal(self, name: Signal) -> None:
        """Sends a signal to it, and to the processes of its group."""
        self._spoken.say(signal=pb.Said.Signal.Value(name))

    async def resize(self, rows: int, columns: int) -> None:
        """Its terminal has this size now."""
        self._spoken.say(terminal=pb.Terminal(rows=rows, columns=columns))

    async def __aiter__(self) -> AsyncIterator[Event]:
        while self._result is None:
            event = await self._events.get()
            if isinstance(event, CodeRunnerError):
                raise event
            if isinstance(event, Execution) and event.status.is_final:
                self._result = event
            yield event

    async def result(self) -> Execution:
        """Waits for its end; passes over what is told before."""
        async for _ in self:
            pass
        if self._result is None:
            raise CodeRunnerError("the program has no result")
        return self._result

    async def _run(self) -> None:
        """Over as many calls as it takes."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + _PATIENCE_S
        while True:
            call = self._gateway.execution.Interact(metadata=self._gateway.metadata)
            writing = asyncio.create_task(self._write(call))
            try:
                async for message in call:
                    patience = loop.time() + _PATIENCE_S
                    if await self._hear(message):
                        return
            except grpc.aio.AioRpcError as error:
                if not _is_broken(error) or loop.time() > patience:
                    await self._events.put(self._gateway.error(error))
                    return
            finally:
                writing.cancel()
                call.cancel()
                await asyncio.gather(writing, return_exceptions=True)
            if loop.time() > patience:
                await self._events.put(GatewayUnavailable(f"the gateway at {self._gateway.target} ends every call"))
                return
            await asyncio.sleep(_REOPEN_PAUSE_S)

    async def _write(self, call: Any) -> None:
        begin = pb.InteractRequest(resume=self.id) if self.id else pb.InteractRequest(begin=self._task)
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):  # whoever reads hears of it
            await call.write(begin)
            async for said in self._spoken.from_taken():
                await call.write(pb.InteractRequest(said=said))

    async def _hear(self, message: pb.InteractResponse) -> bool:
        """True where that was the end."""
        what = message.WhichOneof("what")
        if what == "taken":
            self._spoken.taken(message.taken.number, message.taken.attempt)
        elif what == "waits":
            await self._events.put(Waits(message.waits.attempt))
        elif what == "output":
            await self._put(responses.output(message.output))
        elif what == "execution":
            return await self._hear_state(responses.execution(message.execution))
        return False

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
        if output.attempt > self._attempt:
            self._attempt = output.attempt
            self._seen.clear()
        seen = self._seen.get(output.stream, 0) if output.stage == "run" else output.offset
        new = output.text[max(0, seen - output.offset) :]
        if not new or output.attempt < self._attempt:
            return
        start = output.offset + len(output.text) - len(new)
        if output.stage == "run":
            self._seen[output.stream] = start + len(new)
        await self._events.put(Output(output.stage, output.stream, start, new, output.attempt))


def _is_broken(error: grpc.aio.AioRpcError) -> bool:
    """The connection, and not the call: gRPC says so in words of its own where it broke under a message."""
    return is_transient(error) or error.details() == "Internal error from Core"
