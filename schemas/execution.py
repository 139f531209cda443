"""What comes back: the state of one task, its result, and the events on the way."""

from __future__ import annotations

import msgspec

from schemas.status import Status, Verdict
from schemas.task import Callback


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
    """Of ``cpu, wall, memory, processes, output, disk, open_files, file_size``."""


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    verdict: Verdict
    stage: Stage | None
    """``None`` for a case that was skipped."""
    checker_output: str


class Execution(msgspec.Struct, frozen=True, kw_only=True):
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


class ResultMessage(msgspec.Struct, frozen=True, kw_only=True):
    """On RESULTS: the final execution, and where the relay takes it."""

    execution: Execution
    callback: Callback | None
    client: str


class TaskEvent(msgspec.Struct, frozen=True, kw_only=True):
    """On EVENTS: a state was reached. The subject repeats id and state."""

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


class OutputChunk(msgspec.Struct, frozen=True, kw_only=True):
    """Live output, not stored. ``offset`` counts the characters of this stream sent before, so that a watcher who came
    late can take the rest from the result."""

    id: str
    attempt: int
    stage: str
    """``compile``, ``run`` or ``case:<index>``."""
    stream: str
    """``stdout`` or ``stderr``."""
    offset: int
    text: str


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """On DEAD: what could not be run or delivered, with why and the message as it was."""

    id: str
    reason: str
    detail: str
    subject: str
    payload: str
    at_ms: int
    attempts: int
    node_id: str
