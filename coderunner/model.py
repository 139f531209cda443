"""The client's types of what the gateway answers, with the proto's field names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from coderunner.callback_record import CallbackAttempt, CallbackRecord
from coderunner.diagnostic import Diagnostic
from coderunner.errors import CodeRunnerError
from coderunner.output_file import OutputFile
from coderunner.status import Severity, Status, Verdict
from coderunner.test_result import TestResult

__all__ = [
    "CallbackAttempt",
    "CallbackRecord",
    "Cancellation",
    "CaseResult",
    "DeadLetter",
    "Diagnostic",
    "Execution",
    "Language",
    "Node",
    "NodeState",
    "Output",
    "OutputFile",
    "Progress",
    "Severity",
    "Stage",
    "Status",
    "Stream",
    "Submitted",
    "Verdict",
]


class Stream(StrEnum):
    """One of a program's two output streams."""

    STDOUT = "STDOUT"
    STDERR = "STDERR"


class NodeState(StrEnum):
    """The state in which a node describes itself."""

    STARTING = "STARTING"
    READY = "READY"
    DRAINING = "DRAINING"
    OVERLOADED = "OVERLOADED"


@dataclass(frozen=True, slots=True)
class Stage:
    """One program that ran: the compiler, or the submission. Usage is that of its whole process tree."""

    exit_code: int | None = None
    """None where a signal ended it."""
    signal: int | None = None
    stdout: str = ""
    stderr: str = ""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    stdout_invalid_utf8: bool = False
    """True where bytes that are not UTF-8 came out as U+FFFD."""
    stderr_invalid_utf8: bool = False
    wall_ms: float = 0.0
    cpu_ms: float = 0.0
    peak_memory_bytes: int = 0
    """Without what the interpreter takes for itself: ``Language.baseline_memory_bytes``."""
    limits_hit: tuple[str, ...] = ()
    """Of ``cpu, wall, memory, processes, output, disk, open_files, file_size``."""
    stdout_data: bytes | None = None  # as much of what it wrote as stdout tells of, where that is not UTF-8
    stderr_data: bytes | None = None

    @property
    def stdout_bytes(self) -> bytes:
        """What it wrote to its standard output, as it wrote it."""
        return self.stdout.encode() if self.stdout_data is None else self.stdout_data

    @property
    def stderr_bytes(self) -> bytes:
        """What it wrote to its standard error, as it wrote it."""
        return self.stderr.encode() if self.stderr_data is None else self.stderr_data

    def text(self, stream: Stream) -> str:
        """What was captured of a stream."""
        return self.stdout if stream is Stream.STDOUT else self.stderr


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The verdict on one test case, and its run."""

    name: str
    verdict: Verdict
    stage: Stage | None = None
    """None where the case was skipped."""
    checker_output: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """A task's state and, once ``status.is_final``, its result."""

    id: str
    status: Status
    language: str = ""
    language_version: str = ""
    node_id: str = ""
    attempt: int = 0
    """1 for the first node that took it."""
    queued_ms: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)
    compile: Stage | None = None
    """None where nothing was compiled."""
    run: Stage | None = None
    """None where nothing ran, and where there are cases."""
    cases: tuple[CaseResult, ...] = ()
    error: str = ""
    """In words, where there is one."""
    warnings: tuple[str, ...] = ()
    submitted_at_ms: int = 0
    """Unix milliseconds."""
    finished_at_ms: int = 0
    """Unix milliseconds; 0 until final."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What the compiler and an uncaught error say of the submitted files, and what is to be said of how it ended."""
    cached_at_ms: int = 0
    """When the run ended whose outcome this is (Unix milliseconds), where it was another task's; 0 where it ran."""
    not_kept: str = ""
    """Why its outcome is not kept for others, where ``Task.cache`` asked for that."""
    files: tuple[OutputFile, ...] = ()
    """What the program left, by ``Task.outputs``."""
    packages: tuple[str, ...] = ()
    """Those that were installed for it, each as its language names one of one version: ``numpy==2.1.3``."""
    tests: tuple[TestResult, ...] = ()
    """What became of each test, with ``Task.test_framework``."""

    def stages(self) -> Iterator[tuple[str, Stage]]:
        """Every stage that ran, with its name as ``Output.stage`` spells it, in order."""
        if self.compile is not None:
            yield "compile", self.compile
        if self.run is not None:
            yield "run", self.run
        for index, case in enumerate(self.cases):
            if case.stage is not None:
                yield f"case:{index}", case.stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Execution):
    """A task as it ran when a callback told of it before the end: ``status`` is RUNNING."""

    event: str
    """``RUNNING``, or ``CASE``: ``cases`` has that one, with the beginning of its outputs."""
    sequence: int
    """Of one task's, the later has the higher one, in whatever order they arrive."""
    at_ms: int = 0
    """Unix milliseconds."""
    case_index: int | None = None
    """At CASE: which one, from 0."""


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of a program's output, as it appeared."""

    stage: str
    """``compile``, ``run`` or ``case:<index from 0>``."""
    stream: Stream
    offset: int
    """Characters of this stage's stream before this piece."""
    text: str
    attempt: int = 1
    at_ms: float = 0.0
    """Milliseconds since the stage began in which it was first seen: the order of both streams."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to one task of a batch: an id, or why it was refused."""

    id: str = ""
    error: CodeRunnerError | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The answer to ``cancel``."""

    execution: Execution
    """The task after the call: cancelled, or the state in which it had already ended."""
    cancelled: bool
    """False where it had already ended."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that live nodes serve."""

    name: str
    versions: tuple[str, ...] = ()
    """Distinct versions on live nodes, newest first."""
    aliases: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    """File name endings, with the dot."""
    compiled: bool = False
    nodes: int = 0
    """Live nodes that serve it."""
    baseline_memory_bytes: int = 0
    """What the interpreter takes for itself, and no task is charged for: a page can show a task's
    ``peak_memory_bytes`` beside it. 0 where programs are charged for all they have (compiled ones, Bash)."""
    title: str = ""
    """What readers call it, such as ``C++``; empty: as its name."""
    sample: str = ""
    """A short program to begin with."""
    editor_mode: str = ""
    """What editors and highlighters call it, such as ``python``."""
    test_frameworks: tuple[str, ...] = ()  # what Task.test_framework may name


@dataclass(frozen=True, slots=True)
class Node:
    """A live node, as it last described itself."""

    id: str
    host: str = ""
    pools: tuple[str, ...] = ()
    languages: Mapping[str, str] = field(default_factory=dict)
    """Name to version."""
    capacity: int = 0
    """How many tasks it runs at once, at most."""
    running: int = 0
    cpu_percent: float = 0.0
    memory_percent: float = 0.0
    load_score: float = 0.0
    """0 (idle) to 100."""
    state: NodeState = NodeState.STARTING
    version: str = ""
    sandbox_runtime: str = ""
    started_at_ms: int = 0
    updated_at_ms: int = 0
    alarms: tuple[str, ...] = ()
    disk_percent: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A task that could not be run, or a result that could not be delivered."""

    id: str
    """The task's."""
    reason: str = ""
    """``poison``: killed its slot or node too often. ``undelivered``: its callback did not take it."""
    detail: str = ""
    """What happened, in words."""
    attempts: int = 0
    at_ms: int = 0
    """Unix milliseconds."""
    node_id: str = ""
    payload: str = ""
    """The message as it was, JSON; empty in a list."""
