"""The way of what a client says from its call to its task's node: in order, kept until the node has it
(docs/adr/0033)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from broker_gateway.application.ports import NodeControl
from schemas.execution import Execution, OutputChunk
from schemas.interaction import SAID_BYTES, TALK_BYTES, TALK_ITEMS, Said
from schemas.status import Status
from schemas.talk import TalkOrder, TalkReply

ALIVE_EVERY_S = 2.0
"""A node is told so often that the client is still there."""
_ANSWER_S = 2.0
_AGAIN_S = 0.1
"""Before a node is asked again that did not answer, or has not got the task yet; then longer and longer."""
_AHEAD_BYTES = 4 * SAID_BYTES
_AHEAD = 1024
"""So much, and so many things, may wait for the node; more is not read from the client."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The node has everything up to ``number``, in this attempt."""

    number: int
    attempt: int


class UntakenError(ValueError):
    """Something that was said is not taken: it is too much."""


class Telling:
    """Tells one task's node what its client says. ``on_taken`` is told how much of it the node has, when that has
    changed; ``on_wait`` the attempt whose program waited for its input already when this began. Where its client comes
    back, ``on_return`` is told once, before either, of what the program had printed lately."""

    def __init__(
        self,
        task_id: str,
        nodes: NodeControl,
        on_taken: Callable[[Taken], None],
        on_wait: Callable[[int], None],
        on_return: Callable[[list[OutputChunk]], None] | None = None,
    ) -> None:
        self._task_id = task_id
        self._nodes = nodes
        self._on_taken = on_taken
        self._on_wait = on_wait
        self._on_return = on_return
        self._node_id = ""
        self._waiting: deque[tuple[int, Said]] = deque()
        self._bytes = 0
        self._last: int | None = None
        """The number of the last thing that came; None: any may be next."""
        self._told: Taken | None = None
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    def state(self, execution: Execution) -> None:
        """Notes where the task runs."""
        if execution.status is Status.RUNNING:
            self._node_id = execution.node_id
            self._news.set()

    async def add(self, number: int, said: Said) -> None:
        """Takes one thing, once there is room for it. What comes again replaces what waits from there on; what comes
        before its predecessor is not taken: it was on its way when that had to be said again."""
        while self._bytes + len(said.data) > _AHEAD_BYTES or len(self._waiting) >= _AHEAD:
            self._room.clear()
            await self._room.wait()
        if self._last is not None and number > self._last + 1:
            return
        while self._waiting and self._waiting[-1][0] >= number:
            self._drop(self._waiting.pop()[1])
        self._waiting.append((number, said))
        self._bytes += len(said.data)
        self._last = number
        self._news.set()

    async def run(self) -> None:
        """Until cancelled. Raises UntakenError."""
        pause_s = _AGAIN_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(ALIVE_EVERY_S):
                    await self._news.wait()
            self._news.clear()
            if not self._node_id or await self._tell():
                pause_s = _AGAIN_S
                continue
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, ALIVE_EVERY_S)
            self._news.set()

    async def _tell(self) -> bool:
        """One message, with as much as it may have. False where it is to be tried again later."""
        batch: list[Said] = []
        size = 0
        for _, said in self._waiting:
            size += len(said.data)
            if batch and size > SAID_BYTES:
                break
            batch.append(said)
        first = self._waiting[0][0] if batch else 1
        answer = await self._answer(first, batch)
        if answer is None:
            return False
        if answer.full:
            raise UntakenError(f"a task is told at most {TALK_BYTES} bytes and {TALK_ITEMS} things in all")
        while self._waiting and self._waiting[0][0] <= answer.taken:
            self._drop(self._waiting.popleft()[1])
        if self._waiting and self._waiting[0][0] > answer.taken + 1:
            self._begin_anew(answer.taken)
        taken = Taken(answer.taken, answer.attempt)
        if self._told is None and answer.waits:
            self._on_wait(answer.attempt)
        if taken != self._told:
            self._told = taken
            self._on_taken(taken)
        if self._waiting:
            self._news.set()
        return not batch or not self._waiting or answer.taken >= first

    async def _answer(self, first: int, batch: list[Said]) -> TalkReply | None:
        order = TalkOrder(id=self._task_id, first=first, said=batch, returns=self._on_return is not None)
        answer = await self._nodes.talk(self._node_id, order, _ANSWER_S)
        if not isinstance(answer, TalkReply):
            return None
        on_return, self._on_return = self._on_return, None
        if on_return is not None:
            on_return(answer.printed)
        return answer

    def _begin_anew(self, taken: int) -> None:
        """The node lacks what came before all that waits: its client has to say it again."""
        self._waiting.clear()
        self._bytes = 0
        self._last = taken
        self._room.set()

    def _drop(self, said: Said) -> None:
        self._bytes -= len(said.data)
        self._room.set()
