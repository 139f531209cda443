"""What was said to a program, by number: kept, so that it can be said again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from coderunner.errors import InvalidTask
from coderunner.v1 import execution_pb2 as pb

_SAID_BYTES = 64 << 10
MAX_BYTES = 1 << 20
MAX_THINGS = 65_536
_MAX_HELD = 1024
_MAX_HELD_BYTES = 256 << 10
"""Of what is passed on and not taken yet, up to one thing more: who says more waits."""


class Spoken:
    """All that was said. A node that begins the task anew, because another one died, is told all of it again."""

    def __init__(self) -> None:
        self._said: list[pb.Said] = []
        self._bytes = 0
        self._next = 0
        """Index of what is to be sent next."""
        self._taken = 0
        self._attempt = 0
        self._news = asyncio.Event()

    def write(self, data: bytes) -> None:
        """Says input, in as many pieces as it takes. Raises InvalidTask where that is more than a program may be
        told."""
        if self._bytes + len(data) > MAX_BYTES:
            raise InvalidTask(f"a program takes at most {MAX_BYTES} bytes of input")
        self._bytes += len(data)
        for start in range(0, len(data), _SAID_BYTES):
            self.say(input=data[start : start + _SAID_BYTES])

    def say(self, **what: Any) -> None:
        """Says one thing: a field of ``Said``. Raises InvalidTask as ``write``."""
        if len(self._said) >= MAX_THINGS:
            raise InvalidTask(f"a program is told at most {MAX_THINGS} things")
        self._said.append(pb.Said(number=len(self._said) + 1, **what))
        self._news.set()

    def taken(self, number: int, attempt: int) -> None:
        """The node has all up to ``number``; a new attempt goes on from there."""
        if attempt != self._attempt:
            self._attempt, self._next = attempt, min(number, len(self._said))
            self._news.set()
        self._taken = number

    async def from_taken(self) -> AsyncIterator[pb.Said]:
        """In a new call: what is not known to be taken, and then what comes. For ever."""
        self._next = min(self._taken, len(self._said))
        while True:
            while self._next < len(self._said):
                self._next += 1
                yield self._said[self._next - 1]
            self._news.clear()
            await self._news.wait()


class PassedOn:
    """What somebody else numbered and keeps. It is held until it is taken, for the next call; a node that begins anew
    is told by him who said it."""

    def __init__(self) -> None:
        self._held: deque[pb.Said] = deque()
        self._bytes = 0
        self._sent = 0
        """How many of those that are held are said in this call."""
        self._attempt = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def say(self, said: pb.Said) -> None:
        """Says one thing, once there is room for it. What it follows is said again from here on; one that does not
        follow what is held is left out, as the node would leave it out."""
        while self._held and self._held[-1].number >= said.number:
            self._forget(self._held.pop())
            self._sent = min(self._sent, len(self._held))
        if self._held and said.number != self._held[-1].number + 1:
            return
        await self._room.wait()
        self._held.append(said)
        self._bytes += len(said.input)
        self._mind_room()
        self._news.set()

    def taken(self, number: int, attempt: int) -> None:
        """The node has all up to ``number``."""
        is_anew = self._attempt not in (0, attempt)
        self._attempt = attempt
        while self._held and (is_anew or self._held[0].number <= number):
            self._forget(self._held.popleft())
            self._sent = max(0, self._sent - 1)

    def _forget(self, said: pb.Said) -> None:
        self._bytes -= len(said.input)
        self._mind_room()

    def _mind_room(self) -> None:
        if len(self._held) < _MAX_HELD and self._bytes < _MAX_HELD_BYTES:
            self._room.set()
        else:
            self._room.clear()

    async def from_taken(self) -> AsyncIterator[pb.Said]:
        """In a new call: what is not known to be taken, and then what comes. For ever."""
        self._sent = 0
        while True:
            while self._sent < len(self._held):
                self._sent += 1
                yield self._held[self._sent - 1]
            self._news.clear()
            await self._news.wait()
