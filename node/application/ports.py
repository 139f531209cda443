"""The node's ports: what it needs from outside, named for the need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from node.domain.language import Language
from node.domain.load import Load
from node.domain.preamble import Preamble
from node.domain.sandbox import Launch, Outcome, Role
from schemas.blob import BlobRef
from schemas.execution import Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.node import NodeRecord
from schemas.progress import ProgressMessage
from schemas.task import Limits, TaskMessage

OnOutput = Callable[[str, bytes], None]
"""Called with ``stdout`` or ``stderr`` and the bytes, as they appear; with ``stdin`` and none where a program that is
talked to waits for its input."""


class Delivery(Protocol):
    """One task in this node's hands. It stays ours while ``keep_alive`` is called within the ack wait."""

    @property
    def task(self) -> TaskMessage: ...
    @property
    def attempt(self) -> int:
        """1 for the first delivery."""
        ...

    async def keep_alive(self, within_s: float) -> bool:
        """Starts the ack wait anew. True once the bus has confirmed that; False where it did not in this time."""
        ...

    async def done(self) -> None:
        """Acknowledges it, once its result is stored. Should that be lost on its way, the task comes again, and its
        stored result wins."""
        ...

    async def retry_in(self, seconds: float) -> None:
        """Hands it back; somebody gets it after that time."""
        ...

    async def bury(self, reason: str, detail: str) -> None:
        """Makes a dead letter of it; nobody gets it again."""
        ...


class TaskHandler(Protocol):
    """What is done with each delivered task."""

    async def handle(self, delivery: Delivery) -> None:
        """Runs it and settles it. Raises nothing but CancelledError, and then the task is handed back."""
        ...


class TaskSource(Protocol):
    """The source of the tasks that this node is given."""

    async def take(self) -> Delivery:
        """The next task for one free task loop: HIGH before NORMAL before LOW. Waits. Cancelling it loses no task."""
        ...


class ResultSink(Protocol):
    """The store of results: each goes to the ``reply`` address that its task names."""

    @property
    def max_bytes(self) -> int:
        """The most that it takes for one result, as JSON."""
        ...

    async def store(self, result: ResultMessage, reply: str) -> bool:
        """Stores a result. True once it is the stored one; False where there already was one."""
        ...

    async def find(self, reply: str) -> Execution | None:
        """The stored result, never one that was taken away again so that its task may run once more. Raises OSError or
        TimeoutError when nobody can tell."""
        ...


class RunLedger(Protocol):
    """The count of a task's starts."""

    async def preparing(self, event: TaskEvent) -> None:
        """Says that a node is about to look at the task before it runs anything of it. Returns once that is on record,
        or cannot be for now."""
        ...

    def prepared(self, event: TaskEvent) -> None:
        """Says that this node survived that: it runs the task now, or hands it back. Does not wait."""
        ...

    async def starts(self, task_id: str) -> int:
        """The number of times that any node has begun to run the task, and of those that took their node with them
        while it was preparing. Hand-backs are not starts. Raises OSError or TimeoutError when nobody can tell."""
        ...


@dataclass(frozen=True, slots=True)
class FinishedTask:
    """What the log tells of one settled task. ``total_ms`` is from delivery to acknowledgement on this node."""

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
    trace_id: str = ""
    """Empty where its caller has no trace."""


class TaskLog(Protocol):
    """The node's log of tasks, and of what went wrong with them."""

    def finished(self, task: FinishedTask) -> None:
        """Writes the one line of a task that was settled."""
        ...

    def trouble(self, what: str, task_id: str, error: BaseException | str) -> None:
        """Writes of a failure of ours, not the program's; ``what`` is the name of the log event, in snake_case."""
        ...


class LoadProbe(Protocol):
    """The measuring instrument of the machine's load."""

    def measure(self) -> Load:
        """The machine's load since the last call. Must not block."""
        ...


class Announcer(Protocol):
    """The announcer of events, live output and progress. Fire and forget: watchers see them, correctness never depends
    on them."""

    def event(self, event: TaskEvent) -> None: ...
    def output(self, chunk: OutputChunk) -> None: ...
    def progress(self, message: ProgressMessage) -> None: ...


class Sandbox(Protocol):
    """One slot, held for one task; several launches may follow each other, with a verified wipe between."""

    async def run(self, launch: Launch, on_output: OnOutput) -> Outcome:
        """Runs one program to its end. Raises SandboxLostError. If the awaiting task is cancelled, the program is
        killed and the slot wiped."""
        ...

    async def kill(self) -> None:
        """Ends what runs now; ``run`` returns with ``Ending.CANCELLED`` and the partial output."""
        ...


class SandboxPool(Protocol):
    """The sandboxes of this node, and the languages that they run."""

    def languages(self) -> Sequence[tuple[Language, str]]:
        """The languages that are served, with the probed version of each."""
        ...

    def baseline_memory_bytes(self, language: str) -> int:
        """What the interpreter of that language (its id) takes for itself, and no task is charged for; 0 where there is
        none."""
        ...

    def digest(self, language: str) -> str:
        """Hash of all that decides what a program of that language (its id) does here: the image, the agent, the
        language's definition, the OCI runtime, the seccomp profile, the machine's architecture. Empty where it is not
        served."""
        ...

    def slot(self, language: Language, role: Role, limits: Limits) -> AbstractAsyncContextManager[Sandbox]:
        """A slot that is verified clean, whose container grants ``limits`` memory, processes and disk."""
        ...

    def precompile(self, language: Language, preamble: Preamble, client: str) -> None:
        """Says that a program of this client begins so: the next that does may find it precompiled. Does not wait."""
        ...


class NodeDirectory(Protocol):
    """The directory of live nodes, where this one says that it is alive."""

    async def announce(self, record: NodeRecord) -> None:
        """Writes or renews our entry. Raises nothing: while the directory is away, tasks keep flowing."""
        ...

    async def withdraw(self) -> None: ...


class BlobGoneError(Exception):
    """No such blob is to be had any more. The words go on from its digest."""


class BlobSource(Protocol):
    """Where the blobs are that tasks name."""

    async def content(self, blob: BlobRef) -> bytes:
        """What it holds, which has its digest. Raises BlobGoneError; OSError or TimeoutError when nobody can tell."""
        ...


class LeftFileSink(Protocol):
    """The store of files that programs left and that their results have no room for."""

    async def store(self, content: bytes) -> str:
        """Stores one, and returns its place. Raises OSError."""
        ...


class ArtefactStore(Protocol):
    """The store of compiled artefacts, by the hash of everything that went into them."""

    def get(self, key: str) -> dict[str, bytes] | None: ...
    def put(self, key: str, artefacts: dict[str, bytes]) -> None: ...
