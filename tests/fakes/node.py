"""The node's ports, by hand: everything is recorded, nothing is simulated that a test did not ask for."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from node.application.ports import FinishedTask, OnOutput, Sandbox
from node.domain.language import Language
from node.domain.load import Load
from node.domain.preamble import Preamble
from node.domain.sandbox import Ending, Launch, Outcome, Role, SandboxLostError
from schemas.dead_letter import DeadLetter
from schemas.execution import Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.node import NodeRecord
from schemas.progress import ProgressMessage
from schemas.status import PRIORITIES_BY_URGENCY
from schemas.task import Limits, TaskMessage
from tests.builders import CPP, PYTHON, a_dead_letter, an_outcome


@dataclass
class FakeDelivery:
    """A ``Delivery`` that remembers what was said of it. One that is handed back comes again from its source."""

    task: TaskMessage
    attempt: int = 1
    source: FakeSource | None = None
    confirms: bool = True
    said: list[str] = field(default_factory=list)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep_alive(self, within_s: float) -> bool:
        self.said.append("keep_alive")
        return self.confirms

    async def done(self) -> None:
        self._settle("done")

    async def retry_in(self, seconds: float) -> None:
        self._settle(f"retry_in {seconds:g}")
        if self.source is not None:
            again = FakeDelivery(self.task, self.attempt + 1)
            asyncio.get_running_loop().call_later(seconds, self.source.put, again)

    async def bury(self, reason: str, detail: str) -> None:
        self._settle(f"bury {reason}: {detail}")
        if self.source is not None:
            self.source.buried.append(a_dead_letter(self.task.id, reason, detail=detail, attempts=self.attempt))

    def _settle(self, what: str) -> None:
        self.said.append(what)
        self.settled.set()


class FakeSource:
    """A ``TaskSource`` that gives what was put in, the most urgent first; remembers who waits."""

    def __init__(self) -> None:
        self._queue: asyncio.PriorityQueue[tuple[int, int, FakeDelivery]] = asyncio.PriorityQueue()
        self._order = itertools.count()
        self.buried: list[DeadLetter] = []
        self.waiting = 0
        self.takes = 0
        self.max_waiting = 0

    def put(self, *deliveries: FakeDelivery) -> None:
        for delivery in deliveries:
            delivery.source = self
            urgency = PRIORITIES_BY_URGENCY.index(delivery.task.priority)
            self._queue.put_nowait((urgency, next(self._order), delivery))

    async def take(self) -> FakeDelivery:
        self.takes += 1
        self.waiting += 1
        self.max_waiting = max(self.max_waiting, self.waiting)
        try:
            return (await self._queue.get())[-1]
        finally:
            self.waiting -= 1


class MemorySink:
    """A ``ResultSink`` in memory: the first writer wins. ``results`` by the last part of their reply address, which is
    the task's id."""

    def __init__(self) -> None:
        self.results: dict[str, ResultMessage] = {}
        self.replies: list[str] = []
        self.error: Exception | None = None
        self.max_bytes = 8 << 20

    async def store(self, result: ResultMessage, reply: str) -> bool:
        if self.error is not None:
            raise self.error
        self.replies.append(reply)
        return self.results.setdefault(reply.rpartition(".")[2], result) is result

    async def find(self, reply: str) -> Execution | None:
        if self.error is not None:
            raise self.error
        found = self.results.get(reply.rpartition(".")[2])
        return found.execution if found is not None else None


class RecordingAnnouncer:
    """An ``Announcer`` that keeps what was announced."""

    def __init__(self) -> None:
        self.events: list[TaskEvent] = []
        self.chunks: list[OutputChunk] = []
        self.told: list[ProgressMessage] = []
        self.spoke = asyncio.Event()

    def event(self, event: TaskEvent) -> None:
        self.events.append(event)

    def output(self, chunk: OutputChunk) -> None:
        self.chunks.append(chunk)
        self.spoke.set()

    def progress(self, message: ProgressMessage) -> None:
        self.told.append(message)


class FakeLedger:
    """A ``RunLedger``: every task has been begun ``starts`` times, and as often again as ``begin`` was called and as a
    preparation has no end."""

    def __init__(self, starts: int = 0) -> None:
        self.count = starts
        self.error: Exception | None = None
        self._begun: Counter[str] = Counter()

    def begin(self, task_id: str) -> None:
        self._begun[task_id] += 1

    async def preparing(self, event: TaskEvent) -> None:
        self._begun[event.id] += 1

    def prepared(self, event: TaskEvent) -> None:
        self._begun[event.id] -= 1

    async def starts(self, task_id: str) -> int:
        if self.error is not None:
            raise self.error
        return self.count + self._begun[task_id]


class RecordingLog:
    """A ``TaskLog`` that keeps what it was told."""

    def __init__(self) -> None:
        self.tasks: list[FinishedTask] = []
        self.troubles: list[tuple[str, str, str]] = []

    def finished(self, task: FinishedTask) -> None:
        self.tasks.append(task)

    def trouble(self, what: str, task_id: str, error: BaseException | str) -> None:
        self.troubles.append((what, task_id, str(error) or type(error).__name__))


class ScriptedSandbox:
    """Takes the next outcome (or error) off its pool's script. With ``pool.hold`` it runs until killed or released."""

    def __init__(self, pool: ScriptedPool, role: Role) -> None:
        self._pool = pool
        self._role = role
        self._killed = asyncio.Event()

    async def run(self, launch: Launch, on_output: OnOutput) -> Outcome:
        pool = self._pool
        self._killed.clear()  # a kill ends what runs, not what is run next
        pool.launches.append((self._role, launch))
        if pool.says:
            on_output("stdout", pool.says)
        pool.started.set()
        if pool.hold:
            try:
                await self._killed.wait()
            except asyncio.CancelledError:
                if pool.lost_when_cancelled:
                    raise SandboxLostError("it went while it was ended") from None
                raise
            return an_outcome(Ending.CANCELLED, None, signal=9, stdout=pool.says)
        outcome = pool.script.pop(0) if pool.script else an_outcome()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def kill(self) -> None:
        self._killed.set()


class ScriptedPool:
    def __init__(self, *script: Outcome | Exception, languages: Sequence[Language] = (PYTHON, CPP)) -> None:
        self.script = list(script)
        self.launches: list[tuple[Role, Launch]] = []
        self.slots: list[tuple[str, Role, Limits]] = []
        self.precompiled: list[tuple[str, Preamble, str]] = []
        self.open_slots = 0
        self.hold = False
        self.lost_when_cancelled = False
        self.no_slot: Exception | None = None
        self.says = b""
        self.started = asyncio.Event()
        self.served = [(language, "3.13.5") for language in languages]
        self.baselines: dict[str, int] = {}

    def languages(self) -> Sequence[tuple[Language, str]]:
        return self.served

    def digest(self, language: str) -> str:
        return f"digestof{language}"

    def baseline_memory_bytes(self, language: str) -> int:
        return self.baselines.get(language, 0)

    @asynccontextmanager
    async def slot(self, language: Language, role: Role, limits: Limits) -> AsyncIterator[Sandbox]:
        if self.no_slot is not None:
            raise self.no_slot
        self.slots.append((language.name, role, limits))
        self.open_slots += 1
        try:
            yield ScriptedSandbox(self, role)
        finally:
            self.open_slots -= 1

    def precompile(self, language: Language, preamble: Preamble, client: str) -> None:
        self.precompiled.append((language.name, preamble, client))


class MemoryDirectory:
    """A ``NodeDirectory`` that keeps everything that was announced, the newest last, until it is withdrawn."""

    def __init__(self) -> None:
        self.records: list[NodeRecord] = []
        self.announced = asyncio.Event()

    async def announce(self, record: NodeRecord) -> None:
        self.records.append(record)
        self.announced.set()

    async def withdraw(self) -> None:
        self.records.clear()


class FixedProbe:
    """A ``LoadProbe`` that measures what the test says."""

    def __init__(self, cpu: float = 0.0, memory: float = 0.0, disk: float = 0.0) -> None:
        self.load = Load(cpu, memory, disk)

    def measure(self) -> Load:
        return self.load


def nobody(stream: str, data: bytes) -> None:
    """Output that the test does not look at."""
