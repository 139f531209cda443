"""The routes' work, whatever web framework they are mounted in (docs/adr/0034-a-backend-of-the-blogs-own.md)."""

from __future__ import annotations

import asyncio
import secrets
import time
import weakref
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass

from coderunner.backend.bodies import Program
from coderunner.backend.callbacks import Callbacks
from coderunner.backend.handles import Handles
from coderunner.backend.policy import Policy
from coderunner.backend.problems import BAD, NOT_FOUND, Problem, problem_of
from coderunner.backend.rates import Rates, Streams
from coderunner.backend.said import begin_of, interaction_of
from coderunner.backend.talking import Receive, Talk
from coderunner.backend.telling import BEAT, Telling, event, told
from coderunner.client import Client
from coderunner.errors import CodeRunnerError, Violation
from coderunner.model import Execution, Output
from coderunner.task import Task, TaskOptions

BEAT_S = 15.0
"""Between two signs of life, where nothing happens: proxies close what is silent."""
_ASKS_PER_RUN = 10
"""A reader cancels his runs and comes back to them no oftener than so."""


Watch = AsyncGenerator[Execution | Output, None]


@dataclass(frozen=True, slots=True)
class _Run:
    task_id: str
    handle: str
    watch: Watch
    first: Execution | Output | None = None
    """What the watch has told already."""
    place: str = ""
    """Up to where the reader has been told of it: the id of the last event."""


class Stream:
    """A reader's open stream: the events of one run, until its end. A reader who leaves ends the stream, and not the
    run: he may come back, and its limits end it soon. One that a framework drops, as its reader left in between, frees
    its place as well."""

    def __init__(self, events: AsyncGenerator[bytes, None], watch: Watch, slot: ExitStack) -> None:
        self._events = events
        self._watch = watch
        self._slot = slot
        dropped = weakref.finalize(self, _free, asyncio.get_running_loop(), slot)
        dropped.atexit = False

    def __aiter__(self) -> AsyncGenerator[bytes, None]:
        return self._events

    async def aclose(self) -> None:
        """Ends it; a second call does nothing."""
        try:
            await self._events.aclose()
            await self._watch.aclose()  # also where nobody has begun to read
        finally:
            self._slot.close()


class Backend:
    """Runs readers' programs with a key that stays here, and tells each reader of his own. Of one event loop."""

    def __init__(
        self,
        client: Client,
        policy: Policy | None = None,
        *,
        secret: str | bytes | None = None,
        callbacks: Callbacks | None = None,
    ) -> None:
        """``secret``: what handles are made with; all processes of a backend need the same one. None: one that is made
        of the client's token, which they share; where there is no token, a random one of this process."""
        self.policy = policy or Policy()
        self.callbacks = callbacks
        self._client = client
        given = secret.encode() if isinstance(secret, str) else secret
        self._handles = Handles(given or client.derived_secret("coderunner.backend") or secrets.token_bytes(32))
        self._runs = Rates(self.policy.runs_per_minute)
        self._asks = Rates(self.policy.runs_per_minute * _ASKS_PER_RUN)
        self._streams = Streams(self.policy.max_streams_per_reader, self.policy.max_streams)

    async def run(self, reader: str, body: bytes) -> Stream:
        """Runs a page's program; the stream of its events. ``reader``: an address or a name; CodeRunner is told a hash
        of it. Raises Problem."""
        with ExitStack() as opening:
            opening.enter_context(self._streams.one_more(reader))
            run = await self._submit(reader, body)
            return Stream(self._events(run), run.watch, opening.pop_all())

    def watch(self, reader: str, handle: str, place: str = "") -> Stream:
        """The stream of a run's events behind ``place``, the id of the last event that the reader has. Raises
        Problem."""
        task_id = self._find(reader, handle)
        with ExitStack() as opening:
            opening.enter_context(self._streams.one_more(reader))
            run = _Run(task_id, handle, self._client.watch(task_id), place=place)
            return Stream(self._events(run), run.watch, opening.pop_all())

    async def talk(self, reader: str, first: Receive) -> Talk | None:
        """Runs the program of a page's first message; the talk with it, or None where the reader has gone. Who says
        nothing has his place as well. Raises Problem."""
        if self.policy.talk_ms <= 0:
            raise Problem(NOT_FOUND, "No program is talked to here.")
        with ExitStack() as opening:
            opening.enter_context(self._streams.one_more(reader))
            message = await first()
            if message is None:
                return None
            said = begin_of(message, self.policy.max_body_bytes)
            interaction = interaction_of(said.pop("interaction", {}), self.policy.talk_ms)
            program = Program.of(said, self.policy)
            self._runs.take(reader, time.monotonic())
            options = self._options(reader, program)
            options["interaction"] = interaction
            try:
                relayed = self._client.relay(Task(language=program.language, source=program.source, **options))
            except CodeRunnerError as error:
                raise problem_of(error) from error
            return Talk(relayed, self._handles, opening.pop_all())

    def go_on_talking(self, reader: str, handle: str) -> Talk:
        """Another talk with a program that was begun so. Raises Problem."""
        task_id = self._find(reader, handle)
        with ExitStack() as opening:
            opening.enter_context(self._streams.one_more(reader))
            return Talk(self._client.relay(task_id), self._handles, opening.pop_all())

    async def cancel(self, reader: str, handle: str) -> dict[str, object]:
        """Ends the program; what is answered. Raises Problem."""
        task_id = self._find(reader, handle)
        try:
            answer = await self._client.cancel(task_id)
        except CodeRunnerError as error:
            raise problem_of(error) from error
        return {"execution": told(answer.execution, handle), "cancelled": answer.cancelled}

    async def take_callback(self, headers: Mapping[str, str], body: bytes) -> None:
        """One callback. Raises WebhookError, or Problem where there are none."""
        if self.callbacks is None:
            raise Problem(NOT_FOUND, "There are no callbacks here.")
        await self.callbacks.take(headers, body)

    async def _submit(self, reader: str, body: bytes) -> _Run:
        program = Program(body, self.policy)
        self._runs.take(reader, time.monotonic())
        try:
            options = self._options(reader, program)
            options["callback"] = self.callbacks.url if self.callbacks else None
            options["cache"] = self.policy.cache
            watch = self._client.submit_and_watch(program.language, program.source, **options)
            first = await anext(watch)
        except CodeRunnerError as error:
            raise problem_of(error) from error
        assert isinstance(first, Execution)  # noqa: S101 - the method's promise
        return _Run(first.id, self._handles.handle(first.id), watch, first)

    def _options(self, reader: str, program: Program) -> TaskOptions:
        """What is said of every task. Raises Problem."""
        return {
            "version": program.version,
            "entry_point": program.entry_point,
            "stdin": program.stdin,
            "args": program.args,
            "limits": program.limits,
            "idempotency_key": self._own_key(reader, program.idempotency_key),
            "queue_deadline_ms": self.policy.queue_deadline_ms,
            "labels": self.policy.labels,
            "reader": self._handles.reader(reader),
        }

    def _find(self, reader: str, handle: str) -> str:
        """The id of the task. Raises Problem."""
        self._asks.take(reader, time.monotonic())
        task_id = self._handles.task_id(handle)
        if task_id is None:
            raise Problem(NOT_FOUND, "This run is not known.")
        return task_id

    async def _events(self, run: _Run) -> AsyncGenerator[bytes, None]:
        telling = Telling(run.handle, run.place)
        try:
            async with aclosing(self._news(run)) as news:
                async for item in news:
                    if item is None:
                        yield BEAT
                        continue
                    for one in telling.events(item):
                        yield one
        except CodeRunnerError as error:
            yield event("error", problem_of(error).data())

    async def _news(self, run: _Run) -> AsyncGenerator[Execution | Output | None, None]:
        """What the watch tells, until it or a callback has the result; None now and then while nothing happens."""
        async with aclosing(run.watch) as watch:
            if run.first is not None:
                yield run.first
                if _is_end(run.first):
                    return
            called_back = asyncio.ensure_future(self.callbacks.result(run.task_id)) if self.callbacks else None
            upcoming = asyncio.ensure_future(_next(watch))
            try:
                while True:
                    waiting = {upcoming} if called_back is None else {upcoming, called_back}
                    await asyncio.wait(waiting, timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
                    if called_back is not None and called_back.done():
                        yield called_back.result()
                        return
                    if not upcoming.done():
                        yield None
                        continue
                    item = upcoming.result()
                    if item is None:
                        return
                    yield item
                    if _is_end(item):
                        return
                    upcoming = asyncio.ensure_future(_next(watch))
            finally:
                await _ended(upcoming, called_back)

    def _own_key(self, reader: str, key: str) -> str:
        try:
            return self._handles.idempotency_key(reader, key) if key else ""
        except ValueError as error:
            violation = Violation("idempotency_key", str(error))
            raise Problem(BAD, f"idempotency_key {error}", violations=[violation]) from None


def _free(loop: asyncio.AbstractEventLoop, slot: ExitStack) -> None:
    with suppress(RuntimeError):  # the loop is over
        loop.call_soon_threadsafe(slot.close)


def _is_end(item: Execution | Output) -> bool:
    return isinstance(item, Execution) and item.status.is_final


async def _next(watch: AsyncGenerator[Execution | Output, None]) -> Execution | Output | None:
    return await anext(watch, None)


async def _ended(*tasks: asyncio.Future[Execution | Output | None] | asyncio.Future[Execution] | None) -> None:
    """Ends them, and waits for that: a generator that still runs cannot be closed."""
    begun = [task for task in tasks if task is not None]
    for task in begun:
        task.cancel()
    await asyncio.gather(*begun, return_exceptions=True)
