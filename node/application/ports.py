"""The node's ports: what it needs from outside, named for the need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from node.domain.language import Language
from node.domain.load import Load
from node.domain.sandbox import Launch, Outcome, Role
from schemas.execution import Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.node import NodeRecord
from schemas.task import Limits, TaskMessage

OnOutput = Callable[[str, bytes], None]
"""Called with ``stdout`` or ``stderr`` and the bytes, as they appear."""


class Delivery(Protocol):
    """One task in this node's hands. It stays ours while ``keep_alive`` is called within the ack wait."""

    @property
    def task(self) -> TaskMessage: ...
    @property
    def attempt(self) -> int:
        """1 for the first delivery."""
        ...

    async def keep_alive(self) -> None: ...
    async def done(self) -> None:
        """Its result is stored: the acknowledgement is on its way. Should it be lost, the task comes again, and its
        stored result wins."""
        ...

    async def retry_in(self, seconds: float) -> None:
        """Hand it back; somebody gets it after that time."""
        ...

    async def bury(self, reason: str, detail: str) -> None:
        """To the dead letters with it; nobody gets it again."""
        ...


class TaskSource(Protocol):
    """Where tasks come from."""

    async def take(self) -> Delivery:
        """The next task for one free task loop: HIGH before NORMAL before LOW. Waits. Cancelling it loses no task."""
        ...


class ResultSink(Protocol):
    """Where results go: each to the ``reply`` address that its task names."""

    async def store(self, result: ResultMessage, reply: str) -> bool:
        """True once it is the stored result; False where there already was one."""
        ...

    async def find(self, reply: str) -> Execution | None:
        """The stored result, never one that was taken away again so that its task may run once more. Raises OSError or
        TimeoutError when nobody can tell."""
        ...


class RunLedger(Protocol):
    """The count of a task's starts."""

    async def starts(self, task_id: str) -> int:
        """How many times any node has begun to run the task. Hand-backs are not starts. Raises OSError or TimeoutError
        when nobody can tell."""
        ...


@dataclass(frozen=True, slots=True)
class FinishedTask:
    """One line of the log. ``total_ms`` is from delivery to acknowledgement on this node."""

    execution: Execution
    client: str
    pool: str
    priority: str
    compile_ms: float
    run_ms: float
    total_ms: float
    stored: bool
    """False where another node had already stored a result."""
    cached: bool
    """Its artefacts were there already."""


class TaskLog(Protocol):
    """The node's log of tasks, and of what went wrong with them."""

    def finished(self, task: FinishedTask) -> None:
        """One task was settled: its one line."""
        ...

    def trouble(self, what: str, task_id: str, error: BaseException | str) -> None:
        """Our failure, not the program's; ``what`` is the name of the log event, in snake_case."""
        ...


class LoadProbe(Protocol):
    """The measuring instrument of the machine's load."""

    def measure(self) -> Load:
        """The machine since the last call. Must not block."""
        ...


class Announcer(Protocol):
    """Fire and forget: watchers see these, correctness never depends on them."""

    def event(self, event: TaskEvent) -> None: ...
    def output(self, chunk: OutputChunk) -> None: ...


class Sandbox(Protocol):
    """One slot, held for one task; several launches may follow each other, with a verified wipe between."""

    async def run(self, launch: Launch, on_output: OnOutput) -> Outcome:
        """Raises SandboxLostError. If the awaiting task is cancelled, the program is killed and the slot wiped."""
        ...

    async def kill(self) -> None:
        """Ends what runs now; ``run`` returns with ``Ending.CANCELLED`` and the partial output."""
        ...


class SandboxPool(Protocol):
    def languages(self) -> Sequence[tuple[Language, str]]:
        """What is served, with the probed version of each."""
        ...

    def slot(self, language: Language, role: Role, limits: Limits) -> AbstractAsyncContextManager[Sandbox]:
        """A slot that is verified clean, whose container grants ``limits`` memory, processes and disk."""
        ...


class NodeDirectory(Protocol):
    """Where the node says that it is alive."""

    async def announce(self, record: NodeRecord) -> None:
        """Write or renew our entry. Raises nothing: while the directory is away, tasks keep flowing."""
        ...

    async def withdraw(self) -> None: ...


class ArtefactStore(Protocol):
    """Compiled artefacts by the hash of everything that went into them."""

    def get(self, key: str) -> dict[str, bytes] | None: ...
    def put(self, key: str, artefacts: dict[str, bytes]) -> None: ...
