"""A program that runs on a gateway's node and is talked to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Literal

from coderunner.connection import CALL_S, Connection
from coderunner.conversation import Conversation, Taken, Waits
from coderunner.errors import CodeRunnerError
from coderunner.model import Execution, Output
from coderunner.spoken import PassedOn, Spoken
from coderunner.v1 import execution_pb2 as pb

Signal = Literal["HUP", "INT", "QUIT", "USR1", "USR2", "TERM"]
Event = Output | Waits | Execution


class Program(Conversation):
    """A program, from the beginning of its ``async with`` block to its end: who leaves the block before the program has
    ended ends it. Iterating gives its output as it appears, ``Waits`` whenever it waits for input, and the task's
    states; the last is the result. A gateway's restart is survived, and no input is lost or doubled by it; what the
    program prints meanwhile is told afterwards. Every method raises CodeRunnerError or one of its kinds."""

    def __init__(self, gateway: Connection, what: pb.Task | str) -> None:
        """``what``: a task to submit, or the id of one that was."""
        self._spoken = Spoken()
        super().__init__(gateway, what, self._spoken)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, trace)
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
        async for event in self._heard():
            if not isinstance(event, Taken):
                yield event

    async def result(self) -> Execution:
        """Waits for its end; passes over what is told before."""
        async for _ in self:
            pass
        if self._result is None:
            raise CodeRunnerError("the program has no result")
        return self._result


class RelayedProgram(Conversation):
    """One that is talked to by somebody else, such as a page through its blog's backend, who numbers what he says and
    keeps it: ``Taken`` tells how much of it need not be said again. Who leaves the block leaves the program running,
    for the grace of its interaction."""

    def __init__(self, gateway: Connection, what: pb.Task | str) -> None:
        """``what``: a task to submit, or the id of one that was."""
        self._passed_on = PassedOn()
        super().__init__(gateway, what, self._passed_on)

    async def say(self, said: pb.Said) -> None:
        """Passes one thing on, once there is room for it."""
        await self._passed_on.say(said)

    async def __aiter__(self) -> AsyncIterator[Output | Waits | Taken | Execution]:
        async for event in self._heard():
            yield event

    async def _hear_taken(self, taken: Taken) -> None:
        await super()._hear_taken(taken)
        await self._events.put(taken)
