"""The node's ports, by hand: everything is recorded, nothing is simulated that a test did not ask for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from node.application.ports import FinishedTask, OnOutput, Sandbox
from node.domain.language import CodeRule, CompileStage, Language
from node.domain.load import Load
from node.domain.sandbox import Ending, Launch, Outcome, Role
from schemas import names
from schemas.execution import Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.node import NodeRecord
from schemas.status import Priority, Status
from schemas.task import Comparison, Limits, SourceFile, TaskMessage, TestCase

LIMITS = Limits(
    cpu_ms=5000,
    wall_ms=10_000,
    memory_bytes=256 << 20,
    processes=64,
    output_bytes=64 << 10,
    disk_bytes=64 << 20,
    open_files=256,
    file_bytes=64 << 20,
)

PYTHON = Language(
    name="python",
    image="python",
    source_name="main.py",
    run_command=("python3", "{entry}", "{args}"),
    version_command=("python3", "--version"),
    version_pattern=r"Python (\S+)",
    aliases=("py",),
    extensions=(".py",),
    rules=(CodeRule(id="no-exec", pattern=r"\bexec\(", message="exec is not for here"),),
)

CPP = Language(
    name="cpp",
    image="cpp",
    source_name="main.cpp",
    run_command=("./program", "{args}"),
    version_command=("g++", "--version"),
    version_pattern=r"(\S+)$",
    extensions=(".cpp",),
    compile=CompileStage(
        command=("g++", "{options}", "-o", "program", "{sources}"),
        artefacts=("program",),
        sources=("*.cpp",),
        options_allowed=(r"-O[0-3]",),
        default_options=("-O2",),
    ),
)


def a_task(task_id: str = "t1", **changes: object) -> TaskMessage:
    """A Python hello, changed as asked."""
    task = TaskMessage(
        id=task_id,
        client="blog",
        language="python",
        language_version="",
        files=[SourceFile("", "print('hello')")],
        entry_point="",
        stdin="",
        args=[],
        env={},
        compile_options=[],
        limits=LIMITS,
        priority=Priority.NORMAL,
        pool="default",
        cases=[],
        stop_at_first_failure=False,
        checker=None,
        callback=None,
        labels={"post": "7"},
        submitted_at_ms=1_000,
        expires_at_ms=None,
        reply=names.result_subject(task_id),
    )
    return msgspec.structs.replace(task, **changes)


def a_case(name: str = "", *, stdin: str = "", expected: str = "", mode: str = "exact") -> TestCase:
    comparison = Comparison(mode=mode, epsilon=0.0)
    return TestCase(name=name, stdin=stdin, args=[], expected_output=expected, comparison=comparison, limits=None)


def an_outcome(ending: Ending = Ending.EXITED, exit_code: int | None = 0, **changes: object) -> Outcome:
    values: dict[str, object] = {
        "ending": ending,
        "exit_code": exit_code,
        "signal": None,
        "stdout": b"",
        "stderr": b"",
        "stdout_truncated": False,
        "stderr_truncated": False,
        "wall_ms": 3.0,
        "cpu_ms": 2.0,
        "peak_memory_bytes": 1 << 20,
    }
    return Outcome(**{**values, **changes})  # type: ignore[arg-type] # the names above are the dataclass's


def a_result(
    task: TaskMessage, status: Status = Status.SUCCEEDED, node_id: str = "n1", **changes: object
) -> ResultMessage:
    """What that node stored of the task, changed as asked."""
    usual: dict[str, object] = {"status": status, "node_id": node_id, "attempt": 1, "finished_at_ms": 1}
    return ResultMessage.of(msgspec.structs.replace(Execution.queued(task), **{**usual, **changes}), task)


@dataclass
class FakeDelivery:
    task: TaskMessage
    attempt: int = 1
    said: list[str] = field(default_factory=list)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep_alive(self) -> None:
        self.said.append("keep_alive")

    async def done(self) -> None:
        self._settle("done")

    async def retry_in(self, seconds: float) -> None:
        self._settle(f"retry_in {seconds:g}")

    async def bury(self, reason: str, detail: str) -> None:
        self._settle(f"bury {reason}: {detail}")

    def _settle(self, what: str) -> None:
        self.said.append(what)
        self.settled.set()


class FakeSource:
    """Gives what was put in; remembers who waits."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[FakeDelivery] = asyncio.Queue()
        self.waiting = 0
        self.takes = 0
        self.max_waiting = 0

    def put(self, *deliveries: FakeDelivery) -> None:
        for delivery in deliveries:
            self._queue.put_nowait(delivery)

    async def take(self) -> FakeDelivery:
        self.takes += 1
        self.waiting += 1
        self.max_waiting = max(self.max_waiting, self.waiting)
        try:
            return await self._queue.get()
        finally:
            self.waiting -= 1


class MemorySink:
    """First writer wins. ``results`` by the last part of their reply address, which is the task's id."""

    def __init__(self) -> None:
        self.results: dict[str, ResultMessage] = {}
        self.replies: list[str] = []
        self.error: Exception | None = None

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
    def __init__(self) -> None:
        self.events: list[TaskEvent] = []
        self.chunks: list[OutputChunk] = []
        self.spoke = asyncio.Event()

    def event(self, event: TaskEvent) -> None:
        self.events.append(event)

    def output(self, chunk: OutputChunk) -> None:
        self.chunks.append(chunk)
        self.spoke.set()


class FakeLedger:
    def __init__(self, starts: int = 0) -> None:
        self.count = starts
        self.error: Exception | None = None

    async def starts(self, task_id: str) -> int:
        del task_id
        if self.error is not None:
            raise self.error
        return self.count


class RecordingLog:
    def __init__(self) -> None:
        self.tasks: list[FinishedTask] = []
        self.troubles: list[tuple[str, str, str]] = []

    def finished(self, task: FinishedTask) -> None:
        self.tasks.append(task)

    def trouble(self, what: str, task_id: str, error: BaseException | str) -> None:
        self.troubles.append((what, task_id, str(error)))


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
            await self._killed.wait()
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
        self.open_slots = 0
        self.hold = False
        self.no_slot: Exception | None = None
        self.says = b""
        self.started = asyncio.Event()
        self.served = [(language, "3.13.5") for language in languages]

    def languages(self) -> Sequence[tuple[Language, str]]:
        return self.served

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


class MemoryDirectory:
    def __init__(self) -> None:
        self.records: list[NodeRecord] = []
        self.announced = asyncio.Event()

    async def announce(self, record: NodeRecord) -> None:
        self.records.append(record)
        self.announced.set()

    async def withdraw(self) -> None:
        self.records.clear()


class FixedProbe:
    def __init__(self, cpu: float = 0.0, memory: float = 0.0, disk: float = 0.0) -> None:
        self.load = Load(cpu, memory, disk)

    def measure(self) -> Load:
        return self.load
