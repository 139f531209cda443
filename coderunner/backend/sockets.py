"""A WebSocket on which a reader talks to a program, by ASGI's messages
(https://asgi.readthedocs.io/en/latest/specs/www.html#websocket): whatever framework opens it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

from coderunner.backend.backend import Backend
from coderunner.backend.problems import BAD, TIMEOUT, TOO_LARGE, Problem
from coderunner.backend.said import MAX_MESSAGE_BYTES
from coderunner.backend.talking import Receive, Talk

PROTOCOL = "coderunner.v1"
"""The subprotocol of talks."""
BODY_S = 10.0
"""How long a body, or a first message, may take to arrive."""
_TAKEN_S = 60.0
"""What a reader's side has not taken by then it never will: not every server has him answer signs of life."""
_CLOSES = 4000
"""A refused talk is closed with this and the status that HTTP has for it, as the gateway's own."""
_DONE = 1000
FAULT = 500
"""The status of what nobody foresaw."""

Message = MutableMapping[str, Any]
Begun = Callable[[Receive], Awaitable[Talk | None]]
"""The talk, which may take a message to begin; None: the reader has gone."""


class GoneError(Exception):
    """The reader has gone."""


class Socket:
    """One connection of a page, which is opened even where it is refused: a page is told no other answer."""

    def __init__(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
        max_first_bytes: int,
    ) -> None:
        """``max_first_bytes``: of the first message; those that follow have less."""
        self._protocols = scope.get("subprotocols", ())
        self._receive, self._send = receive, send
        self._bounds = iter((max(max_first_bytes, MAX_MESSAGE_BYTES),))

    async def accept(self) -> None:
        """Opens it. Raises GoneError."""
        if (await self._receive())["type"] != "websocket.connect":
            raise GoneError
        await self._say({"type": "websocket.accept", "subprotocol": PROTOCOL if PROTOCOL in self._protocols else None})

    async def message(self) -> bytes | None:
        """The next message; None at its end. Raises Problem."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            return None
        text = message.get("text")
        if text is None:
            raise Problem(BAD, "Messages must be text.")
        data = str(text).encode(errors="replace")
        if len(data) > next(self._bounds, MAX_MESSAGE_BYTES):
            raise Problem(TOO_LARGE, "The message is too large.")
        return data

    async def text(self, text: str) -> None:
        """Tells the page something. Raises GoneError."""
        await self._say({"type": "websocket.send", "text": text})

    async def refuse(self, problem: Mapping[str, Any] | None, status: int) -> None:
        """Closes it with a problem's object, where there is one, and its status."""
        with suppress(GoneError):
            if problem is not None:
                await self.text(json.dumps({"error": problem}))
            await self._close(_CLOSES + status)

    async def hold(self, begun: Begun) -> None:
        """The whole talk, and the connection's end."""
        try:
            talk = await begun(self.message)
            if talk is None:
                return
            async with talk:
                await talk.held(self.message, self.text)
            await self._close(_DONE)
        except Problem as problem:
            await self.refuse(problem.data(), problem.status)
        except GoneError:
            pass

    async def _close(self, code: int) -> None:
        await self._say({"type": "websocket.close", "code": code})

    async def _say(self, message: Message) -> None:
        try:
            async with asyncio.timeout(_TAKEN_S):
                await self._send(message)
        except (OSError, RuntimeError) as error:  # as servers have it for a connection that is closed
            raise GoneError from error


def beginning(backend: Backend, reader: str) -> Begun:
    """A talk with the program of the reader's first message."""

    async def begun(receive: Receive) -> Talk | None:
        async def first() -> bytes | None:
            try:
                async with asyncio.timeout(BODY_S):
                    return await receive()
            except TimeoutError:
                raise Problem(TIMEOUT, "The first message did not arrive in time.") from None

        return await backend.talk(reader, first)

    return begun


def going_on(backend: Backend, reader: str, handle: str) -> Begun:
    """Another talk with a program that was begun so."""

    async def begun(_receive: Receive) -> Talk:
        return backend.go_on_talking(reader, handle)

    return begun
