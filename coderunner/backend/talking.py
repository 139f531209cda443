"""A program that a reader talks to, through this backend: what he says is passed on with his own numbers, which his
page keeps until they are taken, so that nothing has to be stored here, and any process of the backend goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from coderunner.backend.handles import Handles
from coderunner.backend.problems import problem_of
from coderunner.backend.said import said_of
from coderunner.backend.telling import told
from coderunner.conversation import Taken, Waits
from coderunner.errors import CodeRunnerError
from coderunner.model import Execution, Output
from coderunner.program import RelayedProgram

Receive = Callable[[], Awaitable[bytes | None]]
"""The next message; None once the reader has gone."""
Send = Callable[[str], Awaitable[None]]


class Talk:
    """One connection of a reader with a program. He may come back with the program's handle, for its grace."""

    def __init__(self, program: RelayedProgram, handles: Handles, slot: ExitStack) -> None:
        self._program = program
        self._handles = handles
        self._slot = slot

    async def __aenter__(self) -> Self:
        await self._program.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._program.__aexit__(kind, error, trace)
        finally:
            self._slot.close()

    async def held(self, receive: Receive, send: Send) -> None:
        """Both directions, until the program's end or the reader's. Raises Problem."""
        listening = asyncio.ensure_future(self._listen(receive))
        telling = asyncio.ensure_future(self._tell(send))
        try:
            done, _ = await asyncio.wait({listening, telling}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except CodeRunnerError as error:
            raise problem_of(error) from error
        finally:
            for task in (listening, telling):
                task.cancel()
            await asyncio.gather(listening, telling, return_exceptions=True)

    async def _listen(self, receive: Receive) -> None:
        while (message := await receive()) is not None:
            await self._program.say(said_of(message))

    async def _tell(self, send: Send) -> None:
        async for event in self._events():
            await send(json.dumps(event, ensure_ascii=False, separators=(",", ":")))

    async def _events(self) -> AsyncIterator[dict[str, Any]]:
        async for item in self._program:
            handle = self._handles.handle(self._program.id)
            if isinstance(item, Waits):
                yield {"waits": {"attempt": item.attempt}}
            elif isinstance(item, Taken):
                yield {"taken": {"number": item.number, "attempt": item.attempt}}
            elif isinstance(item, Execution):
                yield {"execution": told(item, handle)}
            else:
                yield {"output": _piece(item, handle)}


def _piece(piece: Output, handle: str) -> dict[str, Any]:
    place = {"attempt": piece.attempt, "stage": piece.stage, "stream": piece.stream.lower(), "offset": piece.offset}
    return {"id": handle, **place, "text": piece.text}
