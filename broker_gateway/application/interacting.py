"""The use case of talking to a program while it runs: what is told of its task, as for watching it, and what is said to
it (docs/adr/0033)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace

from broker_gateway.application.commands import (
    Caller,
    Invalid,
    Lasts,
    Refusal,
    SubmitTaskCommand,
    UnknownTask,
    lasts_for_ever,
)
from broker_gateway.application.lookup import TaskLookup
from broker_gateway.application.pace import Pace
from broker_gateway.application.ports import NodeControl
from broker_gateway.application.telling import Taken, Telling, UntakenError
from broker_gateway.application.watching import Watched, Watching
from broker_gateway.domain.draft import DraftInteraction
from broker_gateway.domain.task_id import TaskId
from broker_gateway.domain.violation import Violation
from schemas.execution import RUN_STAGE, Execution, OutputChunk
from schemas.interaction import Said

THINGS_PER_S = 1000
"""Of one call: who says more waits."""
_AHEAD = 64
"""Messages that may wait for a slow client; then nothing more is read from the bus for it."""
_EARLY = 1024
HELD_S = 5.0
"""So many pieces of output wait, for so long, for those before them, which the node is asked for."""


@dataclass(frozen=True, slots=True)
class NumberedSaid:
    """One thing that a client says, with the number that it gave it."""

    number: int
    said: Said


Heard = Watched | Refusal | Taken
AllSaid = AsyncIterator[NumberedSaid | Invalid]


class Interacting:
    """The use case."""

    def __init__(self, *, watching: Watching, lookup: TaskLookup, nodes: NodeControl) -> None:
        self._watching = watching
        self._lookup = lookup
        self._nodes = nodes

    async def begin(
        self, command: SubmitTaskCommand, said: AllSaid, caller: Caller, lasts: Lasts = lasts_for_ever
    ) -> AsyncGenerator[Heard, None]:
        """Submits a task and talks to it. A refusal is the only item; an Invalid of ``said`` is the last. Raises
        BusUnavailableError."""
        draft = command.draft
        if draft.interaction is None:
            command = replace(command, draft=replace(draft, interaction=DraftInteraction()))
        told = self._watching.submit(command, caller, lasts)
        del command, draft  # which would be held for as long as the call lasts
        async with aclosing(told), aclosing(self._both(told, said, begins=True)) as heard:
            async for item in heard:
                yield item

    async def resume(
        self, task_id: str, said: AllSaid, caller: Caller, lasts: Lasts = lasts_for_ever
    ) -> AsyncGenerator[Heard, None]:
        """Goes on with a task that is the caller's own, or UnknownTask."""
        name = TaskId.parse(task_id)
        if name is None or await self._lookup.find(name, caller) is None:
            yield UnknownTask(task_id)
            return
        told = self._watching.watch(task_id, caller, lasts)
        async with aclosing(told), aclosing(self._both(told, said, begins=False)) as heard:
            async for item in heard:
                yield item

    async def _both(
        self, told: AsyncIterator[Watched | Refusal], said: AllSaid, *, begins: bool
    ) -> AsyncGenerator[Heard, None]:
        """What is told of the task, and how much of what is said its node has; ends with the former."""
        talk = _Talk(self._nodes, begins=begins)
        tasks = [asyncio.create_task(talk.watch(told)), asyncio.create_task(talk.take(said))]
        try:
            while (item := await talk.heard.get()) is not None:
                if isinstance(item, Exception):
                    try:
                        raise item
                    finally:
                        del item  # or it holds this frame, and this frame holds it
                yield item
                if isinstance(item, Invalid):
                    return
        finally:
            tasks += talk.tasks
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Asides:
    """What a node answers, until its client is told: of each kind the last. Nobody waits who puts something in."""

    def __init__(self) -> None:
        self._printed: list[OutputChunk] | None = None
        self._waits: int | None = None
        self._taken: Taken | None = None
        self._news = asyncio.Event()

    def printed(self, chunks: list[OutputChunk]) -> None:
        """What was printed lately; of nothing where that is not known."""
        self._printed = self._printed or chunks
        self._news.set()

    def waits(self, attempt: int) -> None:
        """The program waited."""
        self._waits = attempt
        self._news.set()

    def taken(self, taken: Taken) -> None:
        """So much of what was said is taken."""
        self._taken = taken
        self._news.set()

    async def next(self) -> tuple[list[OutputChunk] | None, int | None, Taken | None]:
        """What there is, once there is something."""
        await self._news.wait()
        self._news.clear()
        found = self._printed, self._waits, self._taken
        self._printed = self._waits = self._taken = None
        return found


class _Talk:
    """The two directions of one call, which end together."""

    def __init__(self, nodes: NodeControl, *, begins: bool) -> None:
        """``begins``: with the task, of which it misses nothing."""
        self._nodes = nodes
        self.heard: asyncio.Queue[Heard | Exception | None] = asyncio.Queue(_AHEAD)
        """What the client is to get; None: that was all."""
        self.tasks: list[asyncio.Task[None]] = []
        self._begins = begins
        self._is_told_to_wait = False
        self._early: deque[OutputChunk] | None = None if begins else deque()
        """What it prints before its client has been told what it missed."""
        self._asides = _Asides()
        self._told_again: dict[tuple[int, str], int] = {}
        """Of an attempt's streams, up to where its client has them from what was printed lately."""
        self._in_order = asyncio.Lock()
        self._task_id = ""
        self._pace = Pace(THINGS_PER_S)
        self._telling: asyncio.Future[Telling] = asyncio.get_running_loop().create_future()

    async def watch(self, told: AsyncIterator[Watched | Refusal]) -> None:
        try:
            async for item in told:
                if isinstance(item, Execution):
                    self._state(item)
                if isinstance(item, OutputChunk) and item.stage == RUN_STAGE and self._early is not None:
                    await self._keep(self._early, item)
                    continue
                if not isinstance(item, OutputChunk) and not (isinstance(item, Execution) and not item.status.is_final):
                    await self._returned([])
                await self._hear_news(item)
            await self._returned([])
            await self.heard.put(None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the call's
            await self._returned([])
            await self.heard.put(error)

    async def tell_asides(self) -> None:
        """What the node answers, beside its telling: a client that does not read keeps nobody from talking to it."""
        while True:
            printed, waits, taken = await self._asides.next()
            if printed is not None:
                await self._returned(printed)
            if waits is not None:
                await self._waited(waits)
            if taken is not None:
                await self.heard.put(taken)

    async def take(self, said: AllSaid) -> None:
        """The end of what a client says ends nothing: it may go on listening."""
        try:
            telling = await self._telling
            async for one in said:
                if isinstance(one, Invalid):
                    await self.heard.put(one)
                    return
                await self._pace.step()
                self._is_told_to_wait = False
                await telling.add(one.number, one.said)
        except Exception as error:  # noqa: BLE001 - as above
            await self.heard.put(error)

    async def _tell(self, telling: Telling) -> None:
        try:
            await telling.run()
        except UntakenError as error:
            await self.heard.put(Invalid([Violation("said", str(error))]))
        except Exception as error:  # noqa: BLE001 - as above
            await self.heard.put(error)

    async def _hear_news(self, item: Watched | Refusal) -> None:
        """Unless it has been told with what was printed lately."""
        if not isinstance(item, OutputChunk) or item.stage != RUN_STAGE or item.offset >= self._has_upto(item):
            await self._hear(item)

    def _has_upto(self, chunk: OutputChunk) -> int:
        return self._told_again.get((chunk.attempt, chunk.stream), 0)

    async def _hear(self, item: Watched | Refusal) -> None:
        if not self._is_told_before(item):
            await self.heard.put(item)

    async def _keep(self, early: deque[OutputChunk], chunk: OutputChunk) -> None:
        if not early:
            asyncio.get_running_loop().call_later(HELD_S, self._asides.printed, [])
        early.append(chunk)
        if len(early) > _EARLY:
            await self._returned([])

    async def _returned(self, printed: list[OutputChunk]) -> None:
        """Tells what was printed lately, and then what came meanwhile and is not among that. That it waited is told
        where it said nothing since."""
        async with self._in_order:
            if self._early is None:
                return
            for chunk in printed:
                self._told_again[chunk.attempt, chunk.stream] = chunk.offset + len(chunk.text)
                await self._hear(chunk)
            while self._early:
                chunk = self._early.popleft()
                if chunk.stream != "stdin" or not self._early:
                    await self._hear_news(chunk)
            self._early = None

    def _is_told_before(self, item: Watched | Refusal) -> bool:
        """Whether it says once more that the program waits, to which nothing was said since, and which said nothing."""
        if not isinstance(item, OutputChunk):
            return False
        told, self._is_told_to_wait = self._is_told_to_wait, item.stream == "stdin"
        return told and self._is_told_to_wait

    async def _waited(self, attempt: int) -> None:
        """It waited when this call came to it; one that began the task hears of that as it happens."""
        if self._begins or self._is_told_to_wait:
            return
        self._is_told_to_wait = True
        await self.heard.put(
            OutputChunk(id=self._task_id, attempt=attempt, stage=RUN_STAGE, stream="stdin", offset=0, text="")
        )

    def _state(self, execution: Execution) -> None:
        if not self._telling.done():
            self._task_id = execution.id
            asides = self._asides
            on_return = None if self._begins else asides.printed
            telling = Telling(execution.id, self._nodes, asides.taken, asides.waits, on_return)
            self._telling.set_result(telling)
            self.tasks += map(asyncio.create_task, (self._tell(telling), self.tell_asides()))
        self._telling.result().state(execution)
