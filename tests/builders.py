"""Builders of the messages and domain values that tests speak of: every field has a usual value, a test names the ones
that matter to it.

A new field of a message gets its usual value here and nowhere else in the tests.
"""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from broker_gateway.domain.draft import TaskDraft
from node.domain.language import CodeRule, CompileStage, Language
from node.domain.sandbox import Ending, Launch, Outcome
from schemas import names
from schemas.dead_letter import DeadLetter
from schemas.execution import CaseResult, Execution, OutputChunk, ResultMessage, Stage, TaskEvent
from schemas.node import LanguageRecord, NodeRecord
from schemas.progress import ProgressMessage
from schemas.status import NodeState, Priority, Status, Verdict
from schemas.task import Callback, CallbackEvent, Comparison, Limits, SourceFile, TaskMessage, TestCase

MIB, SUBMITTED_AT_MS = 1 << 20, 1_000

LIMITS = Limits(
    cpu_ms=5_000,
    wall_ms=10_000,
    memory_bytes=256 * MIB,
    processes=64,
    output_bytes=64 << 10,
    disk_bytes=64 * MIB,
    open_files=256,
    file_bytes=64 * MIB,
)
"""What a task may use that asks for nothing."""

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
"""A language that is interpreted, and that the code check has a rule for."""

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
"""A language that is compiled."""

_numbers = itertools.count(1)


def a_task(task_id: str = "t1", **changes: Any) -> TaskMessage:
    """A Python hello of the client ``blog``."""
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
        large_result=False,
        traceparent="",
        reader="",
        checker=None,
        callback=None,
        labels={"post": "7"},
        submitted_at_ms=SUBMITTED_AT_MS,
        expires_at_ms=None,
        reply=names.result_subject(task_id),
    )
    return msgspec.structs.replace(task, **changes)


def a_new_task(**changes: Any) -> TaskMessage:
    """A task with an id that no other task of the test run has."""
    return a_task(f"task-{next(_numbers)}", **changes)


def a_case(name: str = "", *, stdin: str = "", expected: str = "", mode: str = "exact") -> TestCase:
    comparison = Comparison(mode=mode, epsilon=0.0)
    return TestCase(name=name, stdin=stdin, args=[], expected_output=expected, comparison=comparison, limits=None)


def a_stage(stdout: str = "42\n", **changes: Any) -> Stage:
    """A program that exited with 0."""
    stage = Stage(
        exit_code=0,
        signal=None,
        stdout=stdout,
        stderr="",
        stdout_truncated=False,
        stderr_truncated=False,
        stdout_invalid_utf8=False,
        stderr_invalid_utf8=False,
        wall_ms=12.5,
        cpu_ms=10.0,
        peak_memory_bytes=8 * MIB,
        limits_hit=[],
    )
    return msgspec.structs.replace(stage, **changes)


def a_case_result(verdict: Verdict = Verdict.ACCEPTED, **changes: Any) -> CaseResult:
    result = CaseResult(name="1", verdict=verdict, stage=a_stage(), checker_output="")
    return msgspec.structs.replace(result, **changes)


def an_execution(task_id: str = "t1", status: Status = Status.SUCCEEDED, **changes: Any) -> Execution:
    """A task that ran on ``n1`` and printed 42."""
    execution = Execution(
        id=task_id,
        status=status,
        language="python",
        language_version="3.13.5",
        node_id="n1",
        attempt=1,
        queued_ms=1.5,
        labels={"post": "7"},
        compile=None,
        run=a_stage(),
        cases=[],
        warnings=[],
        error="",
        submitted_at_ms=SUBMITTED_AT_MS,
        finished_at_ms=SUBMITTED_AT_MS + 50,
    )
    return msgspec.structs.replace(execution, **changes)


def a_result(
    task_id: str = "t1", callback: str | None = None, *, client: str = "blog", **changes: Any
) -> ResultMessage:
    """The result of ``an_execution(task_id, **changes)``, for the endpoint with the URL ``callback``."""
    execution = an_execution(task_id, **changes)
    return ResultMessage(
        execution=execution, callback=None if callback is None else Callback(url=callback), client=client
    )


def some_progress(
    task_id: str = "t1",
    url: str = "http://h/",
    *,
    case: int | None = None,
    attempt: int = 1,
    client: str = "blog",
) -> ProgressMessage:
    """What a node says of a running task whose callback asked for all: that it runs, or that this case is right."""
    callback = Callback(url=url, events=[CallbackEvent.RUNNING, CallbackEvent.CASE])
    running = an_execution(task_id, Status.RUNNING, run=None, finished_at_ms=None, attempt=attempt)
    result = CaseResult(name="c", verdict=Verdict.ACCEPTED, stage=a_stage(), checker_output="")
    task = a_task(task_id, callback=callback, client=client)
    message = ProgressMessage.of(running, task, SUBMITTED_AT_MS, None if case is None else (case, result))
    assert message is not None
    return message


def a_result_of(
    task: TaskMessage, status: Status = Status.SUCCEEDED, node_id: str = "n1", **changes: Any
) -> ResultMessage:
    """What that node stored of the task, changed as asked."""
    usual: dict[str, Any] = {"status": status, "node_id": node_id, "attempt": 1, "finished_at_ms": 1}
    return ResultMessage.of(msgspec.structs.replace(Execution.queued(task), **{**usual, **changes}), task)


def an_event(task_id: str = "t1", status: Status = Status.RUNNING, **changes: Any) -> TaskEvent:
    """What is announced when the task reaches the state."""
    is_queued = status is Status.QUEUED
    event = TaskEvent(
        id=task_id,
        status=status,
        at_ms=SUBMITTED_AT_MS + 10,
        client="blog",
        language="python",
        language_version="3.13.5",
        priority="NORMAL",
        pool="default",
        node_id="" if is_queued else "n1",
        attempt=0 if is_queued else 1,
        labels={},
        submitted_at_ms=SUBMITTED_AT_MS,
    )
    return msgspec.structs.replace(event, **changes)


def a_chunk(task_id: str, text: str, offset: int = 0) -> OutputChunk:
    """A piece of standard output of the task's run."""
    return OutputChunk(id=task_id, attempt=1, stage="run", stream="stdout", offset=offset, text=text)


def a_dead_letter(task_id: str = "t1", reason: str = "poison", **changes: Any) -> DeadLetter:
    letter = DeadLetter(
        id=task_id, reason=reason, detail="", subject="", payload="", at_ms=1_000, attempts=3, node_id="n1"
    )
    return msgspec.structs.replace(letter, **changes)


def a_poison_letter(task: TaskMessage, detail: str = "gave up after 3 attempts: the sandbox was lost") -> DeadLetter:
    """The dead letter of a task that no node could run."""
    return a_dead_letter(task.id, "poison", detail=detail, payload=msgspec.json.encode(task).decode())


def an_undelivered_letter(result: ResultMessage, detail: str = "12 attempts, the last: 503") -> DeadLetter:
    """The dead letter of a result that no callback took."""
    return a_dead_letter(
        result.execution.id, "undelivered", detail=detail, payload=msgspec.json.encode(result).decode()
    )


def a_language_record(name: str = "python", version: str = "3.13.5", *aliases: str, **changes: Any) -> LanguageRecord:
    record = LanguageRecord(name=name, version=version, aliases=list(aliases), extensions=[".x"], compiled=False)
    return msgspec.structs.replace(record, **changes)


def a_node_record(node_id: str = "n1", *languages: LanguageRecord, **changes: Any) -> NodeRecord:
    """An idle node that is ready; it serves Python where no language is given."""
    record = NodeRecord(
        id=node_id,
        host=f"{node_id}.example",
        pools=["default"],
        languages=list(languages) or [a_language_record("python", "3.13.5", "py")],
        labels={},
        capacity=4,
        running=0,
        cpu_percent=1.0,
        memory_percent=2.0,
        disk_percent=3.0,
        load_score=1.2,
        state=NodeState.READY,
        alarms=[],
        takes_bytes=True,
        talks=True,
        takes_blobs=True,
        takes_packages=True,
        version="0.1.0",
        sandbox_runtime="runc",
        started_at_ms=1,
        updated_at_ms=2,
    )
    return msgspec.structs.replace(record, **changes)


def a_draft(source: str = "print(42)", **fields: Any) -> TaskDraft:
    """What a client asks for: one Python file, and what else is given."""
    return TaskDraft(**{"language": "python", "files": [SourceFile("", source)], **fields})


def some_limits(**changes: Any) -> Limits:
    """``LIMITS``, changed as asked."""
    return msgspec.structs.replace(LIMITS, **changes)


def a_launch(*command: str, **changes: Any) -> Launch:
    """A program without files: ``true`` where no command is given."""
    return Launch(**{"files": {}, "command": command or ("true",), "limits": LIMITS, **changes})


def an_outcome(ending: Ending = Ending.EXITED, exit_code: int | None = 0, **changes: Any) -> Outcome:
    """How a launch ended that printed nothing."""
    usual: dict[str, Any] = {
        "signal": None,
        "stdout": b"",
        "stderr": b"",
        "stdout_truncated": False,
        "stderr_truncated": False,
        "wall_ms": 3.0,
        "cpu_ms": 2.0,
        "peak_memory_bytes": MIB,
    }
    return Outcome(**{"ending": ending, "exit_code": exit_code, **usual, **changes})
