"""What the gateway puts on the bus: one task, whole."""

from __future__ import annotations

import msgspec

from schemas.status import Priority


class SourceFile(msgspec.Struct, frozen=True):
    """One file of the submission. An empty ``name`` (one file only) takes the language's usual name."""

    name: str
    content: str


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one run may use. The network is always off."""

    cpu_ms: int
    wall_ms: int
    memory_bytes: int
    processes: int
    output_bytes: int
    """Per stream."""
    disk_bytes: int
    open_files: int
    file_bytes: int
    """The largest single file."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """How a case's output is held against what is expected: ``exact | trimmed | tokens | float``."""

    mode: str
    epsilon: float
    """Absolute or relative difference allowed by ``float``; 0 elsewhere."""


class TestCase(msgspec.Struct, frozen=True, kw_only=True):
    __test__ = False  # pytest must not collect it

    name: str
    stdin: str
    args: list[str]
    expected_output: str
    comparison: Comparison
    limits: Limits | None
    """The task's own limits where ``None``."""


class Checker(msgspec.Struct, frozen=True, kw_only=True):
    """A program that judges a case: reads ``input``, ``output`` and ``expected`` files in its work directory; exit code
    0 accepts, 1 refuses, anything else is CHECKER_ERROR."""

    language: str
    language_version: str
    files: list[SourceFile]


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """Where the finished execution is delivered: an ``http``, ``https`` or ``grpc`` URL."""

    url: str
    occasion: str = ""
    """Why the task ran once more, as a token: its result is news, also to who was told of the one before. Empty for
    the first run."""


class TaskMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a node needs; times are Unix milliseconds."""

    id: str
    client: str
    """Who submitted it, for quotas and logs; empty where the gateway asks for no token."""
    language: str
    language_version: str
    files: list[SourceFile]
    entry_point: str
    """Name of the file to run; empty: the language decides."""
    stdin: str
    args: list[str]
    env: dict[str, str]
    compile_options: list[str]
    limits: Limits
    priority: Priority
    pool: str
    cases: list[TestCase]
    stop_at_first_failure: bool
    checker: Checker | None
    callback: Callback | None
    labels: dict[str, str]
    submitted_at_ms: int
    expires_at_ms: int | None
    """Not started after this: EXPIRED."""
    reply: str
    """The subject that takes its result."""
