"""Messages for tests, with every field filled in."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from schemas import names
from schemas.execution import Execution, OutputChunk, ResultMessage, Stage, TaskEvent
from schemas.node import LanguageRecord, NodeRecord
from schemas.status import NodeState, Priority, Status
from schemas.task import Callback, Limits, SourceFile, TaskMessage

_numbers = itertools.count(1)

LIMITS = Limits(
    cpu_ms=5000,
    wall_ms=10000,
    memory_bytes=256 << 20,
    processes=64,
    output_bytes=65536,
    disk_bytes=64 << 20,
    open_files=256,
    file_bytes=64 << 20,
)


def task(task_id: str = "", **changes: Any) -> TaskMessage:
    task_id = task_id or f"task-{next(_numbers)}"
    message = TaskMessage(
        id=task_id,
        client="blog",
        language="python",
        language_version="",
        files=[SourceFile("", "print(6 * 7)")],
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
        labels={},
        submitted_at_ms=1000,
        expires_at_ms=None,
        reply=names.result_subject(task_id),
    )
    return msgspec.structs.replace(message, **changes)


def execution(task_id: str, status: Status = Status.SUCCEEDED, **changes: Any) -> Execution:
    stage = Stage(
        exit_code=0,
        signal=None,
        stdout="42\n",
        stderr="",
        stdout_truncated=False,
        stderr_truncated=False,
        stdout_invalid_utf8=False,
        stderr_invalid_utf8=False,
        wall_ms=12.5,
        cpu_ms=9.0,
        peak_memory_bytes=8 << 20,
        limits_hit=[],
    )
    finished = Execution(
        id=task_id,
        status=status,
        language="python",
        language_version="3.13.5",
        node_id="node-1",
        attempt=1,
        queued_ms=1.5,
        labels={},
        compile=None,
        run=stage,
        cases=[],
        warnings=[],
        error="",
        submitted_at_ms=1000,
        finished_at_ms=1020,
    )
    return msgspec.structs.replace(finished, **changes)


def result(task_id: str, callback: str | None = None, **changes: Any) -> ResultMessage:
    return ResultMessage(
        execution=execution(task_id, **changes),
        callback=None if callback is None else Callback(url=callback),
        client="blog",
    )


def event(task_id: str, status: Status, **changes: Any) -> TaskEvent:
    happened = TaskEvent(
        id=task_id,
        status=status,
        at_ms=1010,
        client="blog",
        language="python",
        language_version="3.13.5",
        priority="NORMAL",
        pool="default",
        node_id="" if status is Status.QUEUED else "node-1",
        attempt=0 if status is Status.QUEUED else 1,
        labels={},
        submitted_at_ms=1000,
    )
    return msgspec.structs.replace(happened, **changes)


def chunk(task_id: str, text: str, offset: int = 0) -> OutputChunk:
    return OutputChunk(id=task_id, attempt=1, stage="run", stream="stdout", offset=offset, text=text)


def node(node_id: str, **changes: Any) -> NodeRecord:
    record = NodeRecord(
        id=node_id,
        host="host-1",
        pools=["default"],
        languages=[LanguageRecord(name="python", version="3.13.5", aliases=["py"], extensions=[".py"], compiled=False)],
        labels={},
        capacity=4,
        running=0,
        cpu_percent=1.0,
        memory_percent=2.0,
        disk_percent=3.0,
        load_score=1.2,
        state=NodeState.READY,
        alarms=[],
        version="0.1.0",
        sandbox_runtime="runc",
        started_at_ms=1,
        updated_at_ms=2,
    )
    return msgspec.structs.replace(record, **changes)
