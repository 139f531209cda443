"""The messages that tell of a task. Each is spelled out field by field in one constructor, so that a new field has one
place."""

from __future__ import annotations

import msgspec

from schemas.diagnostic import Diagnostic
from schemas.kept_source import KeptSource
from schemas.output_file import OutputFile
from schemas.status import Status, Verdict
from schemas.task import Callback, TaskMessage
from schemas.test_result import TestResult

COMPILE_STAGE = "compile"
RUN_STAGE = "run"


def case_stage(index: int) -> str:
    """The stage name of one case's run; ``index`` counts from 0."""
    return f"case:{index}"


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One program that ran: the compiler, or the submission. Usage is the whole process tree's."""

    exit_code: int | None
    """``None`` where a signal ended it."""
    signal: int | None
    stdout: str
    stderr: str
    stdout_truncated: bool
    stderr_truncated: bool
    stdout_invalid_utf8: bool
    """Bytes that are not UTF-8 came out as U+FFFD."""
    stderr_invalid_utf8: bool
    wall_ms: float
    cpu_ms: float
    peak_memory_bytes: int
    limits_hit: list[str]
    """``LimitName`` values."""
    stdout_data: bytes | None = None
    """What it wrote, where that is not UTF-8; as much of it as ``stdout`` tells of."""
    stderr_data: bytes | None = None


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one case of a task ended."""

    name: str
    verdict: Verdict
    stage: Stage | None
    """``None`` for a case that was skipped."""
    checker_output: str


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One task's state and, once it is final, its result."""

    id: str
    status: Status
    language: str
    language_version: str
    node_id: str
    attempt: int
    """1 for the first node that took it."""
    queued_ms: float
    labels: dict[str, str]
    compile: Stage | None
    run: Stage | None
    cases: list[CaseResult]
    warnings: list[str]
    """The code check's findings where it only warns."""
    error: str
    """In words, where there is one."""
    submitted_at_ms: int
    finished_at_ms: int | None
    diagnostics: list[Diagnostic] = msgspec.field(default_factory=list)
    """What compiler and uncaught error say of the program's own files; a node of an older version has none."""
    cached_at_ms: int = 0
    """When the run ended whose outcome this is, where that was another task's; 0 where it ran itself."""
    not_kept: str = ""
    """Why its outcome is not kept for tasks like it, where that was asked for."""
    files: list[OutputFile] = msgspec.field(default_factory=list)
    """What it left for whoever ran it."""
    packages: list[str] = msgspec.field(default_factory=list)
    """The packages that were installed for it, each as its kind tells one of one version (``schemas.packages``)."""
    tests: list[TestResult] = msgspec.field(default_factory=list)
    """With a test framework: each test that it told of."""

    @classmethod
    def queued(cls, task: TaskMessage) -> Execution:
        """The state of a task that was accepted and that no node has begun."""
        return _bare(
            task.id,
            Status.QUEUED,
            task.submitted_at_ms,
            language=task.language,
            language_version=task.language_version,
            labels=task.labels,
        )

    @classmethod
    def told_by(cls, event: TaskEvent) -> Execution:
        """The state that one event alone tells: node and times, no output."""
        bare = _bare(
            event.id,
            event.status,
            event.submitted_at_ms,
            language=event.language,
            language_version=event.language_version,
            labels=event.labels,
        )
        is_running = event.status is Status.RUNNING
        return msgspec.structs.replace(
            bare,
            node_id=event.node_id,
            attempt=event.attempt,
            queued_ms=float(event.at_ms - event.submitted_at_ms) if is_running else 0.0,
            not_kept=event.not_kept,
            finished_at_ms=event.at_ms if event.status.is_final else None,
        )

    @classmethod
    def unreadable(cls, task_id: str, *, node_id: str, attempt: int, error: str, at_ms: int) -> Execution:
        """The end of a message that no node could read: nothing is known of the task but its id."""
        bare = _bare(task_id, Status.INTERNAL_ERROR, at_ms)
        return msgspec.structs.replace(bare, node_id=node_id, attempt=attempt, error=error, finished_at_ms=at_ms)

    def finished(self, at_ms: int) -> Execution:
        """The same, with the moment at which it ended."""
        return msgspec.structs.replace(self, finished_at_ms=at_ms)

    def without_output(self) -> Execution:
        """The same with nothing that a program wrote: its state, its times, and the error in our own words."""
        return msgspec.structs.replace(
            self, compile=None, run=None, cases=[], diagnostics=[], warnings=[], files=[], tests=[]
        )


def _bare(
    task_id: str,
    status: Status,
    submitted_at_ms: int,
    *,
    language: str = "",
    language_version: str = "",
    labels: dict[str, str] | None = None,
) -> Execution:
    """An execution of which no more is known than this."""
    return Execution(
        id=task_id,
        status=status,
        language=language,
        language_version=language_version,
        node_id="",
        attempt=0,
        queued_ms=0.0,
        labels={} if labels is None else labels,
        compile=None,
        run=None,
        cases=[],
        warnings=[],
        error="",
        submitted_at_ms=submitted_at_ms,
        finished_at_ms=None,
    )


class ResultMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The message on RESULTS: the final execution, and where the relay takes it."""

    execution: Execution
    callback: Callback | None
    client: str
    answer: str = ""
    """The key under which others wait for this outcome; empty where nobody does."""
    digest: str = ""
    """What ran it (``LanguageRecord.digest``, the checker's behind a plus sign); empty where no node did."""
    source: KeptSource | None = None
    """What was submitted, where a history keeps that."""
    traceparent: str = ""
    """The task's."""
    seal: str = ""
    """The task's: who reads the result trusts the rest of it no further than that goes (docs/adr/0025)."""

    @classmethod
    def of(cls, execution: Execution, task: TaskMessage | None, *, digest: str = "") -> ResultMessage:
        """The result of ``task``. Where its message is not known (any more), nobody is called back."""
        if task is None:
            return cls(execution=execution, callback=None, client="")
        answer = task.answer if task.keeps_answer else ""
        return cls(
            execution=execution,
            callback=task.callback,
            client=task.client,
            answer=answer,
            digest=digest,
            source=KeptSource.of(task),
            traceparent=task.traceparent,
            seal=task.seal,
        )


class TaskEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The message on EVENTS: a state was reached. The subject repeats id and state."""

    id: str
    status: Status
    at_ms: int
    client: str
    language: str
    language_version: str
    priority: str
    pool: str
    node_id: str
    attempt: int
    labels: dict[str, str]
    submitted_at_ms: int
    not_kept: str = ""
    """As the execution's: of a task that runs, the sign that its outcome will not stand for others."""
    reader: str = ""
    """As the task's, for quotas."""

    @classmethod
    def of(cls, execution: Execution, task: TaskMessage, at_ms: int) -> TaskEvent:
        """The event that announces the state of ``execution``, reached at ``at_ms``."""
        return cls(
            id=execution.id,
            status=execution.status,
            at_ms=at_ms,
            client=task.client,
            language=execution.language,
            language_version=execution.language_version,
            priority=task.priority.value,
            pool=task.pool,
            node_id=execution.node_id,
            attempt=execution.attempt,
            labels=execution.labels,
            submitted_at_ms=execution.submitted_at_ms,
            not_kept=execution.not_kept,
            reader=task.reader,
        )


class OutputChunk(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of live output, not stored. ``offset`` counts the characters of this stream sent before, so that a
    watcher who came late can take the rest from the result."""

    id: str
    attempt: int
    stage: str
    """``COMPILE_STAGE``, ``RUN_STAGE`` or a ``case_stage``."""
    stream: str
    """``stdout`` or ``stderr``; ``stdin``, without a text: the program waits for its input."""
    offset: int
    text: str
    at_ms: float = 0.0
    """Since the stage began, when its first part was seen."""
