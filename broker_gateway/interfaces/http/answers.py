"""The bodies of answers that are not an execution itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from broker_gateway.application.catalog_service import LanguageDTO, versions_of
from broker_gateway.application.commands import Busy, Invalid, Refusal, Unavailable
from broker_gateway.interfaces.http.problems import FieldProblem, field_problems
from broker_gateway.interfaces.refusals import code_of, message_of
from schemas.callback import CallbackRecord
from schemas.execution import Execution
from schemas.kept_source import KeptSource
from schemas.node import NodeRecord

MAX_VIOLATIONS_OF_MANY = 16
"""Of one task in a batch: a thousand such answers are one message."""


class Accepted(msgspec.Struct):
    """A task that was accepted."""

    id: str


class TaskProblem(msgspec.Struct, omit_defaults=True):
    """Why one task of a batch was refused."""

    code: str
    message: str
    violations: list[FieldProblem] = msgspec.field(default_factory=list)
    retry_after_ms: int = 0

    @classmethod
    def of(cls, refusal: Refusal | Unavailable) -> TaskProblem:
        """The refusal of one task, by its paths in the batch."""
        violations = refusal.violations if isinstance(refusal, Invalid) else ()
        return cls(
            code=code_of(refusal).name,
            message=message_of(refusal)[:400],
            violations=field_problems(violations[:MAX_VIOLATIONS_OF_MANY]),
            retry_after_ms=refusal.retry_after_ms if isinstance(refusal, Busy) else 0,
        )


class Submitted(msgspec.Struct, omit_defaults=True):
    """One task of a batch: accepted under an ``id``, or refused with an ``error``."""

    id: str = ""
    error: TaskProblem | None = None


class Batch(msgspec.Struct):
    """One result for each task, in order."""

    results: list[Submitted]


class ExecutionPage(msgspec.Struct, omit_defaults=True):
    """A page of executions, newest first, without their output."""

    executions: Sequence[Execution]
    next_page_token: str = ""
    """Left out on the last page."""
    total: int | None = None


class Cancelled(msgspec.Struct):
    """The task after it was asked to end."""

    execution: Execution
    cancelled: bool
    """False where it had already ended."""


class Source(msgspec.Struct):
    """What was submitted, where that is kept."""

    task: KeptSource | None


class CallbackState(msgspec.Struct):
    """How the delivery of a result to its callback stands, where there was an attempt."""

    record: CallbackRecord | None


class StoredBlob(msgspec.Struct):
    """A blob of the caller's."""

    digest: str
    """``sha256:`` and 64 hexadecimal digits."""
    size: int
    """In bytes."""
    expires_at_ms: int
    """Unix milliseconds: until then tasks may name it, and have to be run."""


class Language(msgspec.Struct):
    """A language as all nodes together serve it."""

    name: str
    versions: list[str]
    aliases: list[str]
    extensions: list[str]
    compiled: bool
    nodes: int
    baseline_memory_bytes: int
    title: str = ""
    """What readers call it; empty: as its name."""
    sample: str = ""
    """A short program to begin with."""
    editor_mode: str = ""
    """What editors and highlighters call it."""
    test_frameworks: list[str] = msgspec.field(default_factory=list)
    """What a task's ``test_framework`` may name."""

    @classmethod
    def of(cls, language: LanguageDTO) -> Language:
        """The language as callers see it."""
        return cls(**{name: getattr(language, name) for name in cls.__struct_fields__})


class Languages(msgspec.Struct):
    """The languages that a task can be submitted for, by name."""

    languages: list[Language]


class Node(msgspec.Struct):
    """A live node."""

    id: str
    host: str
    pools: list[str]
    languages: dict[str, str]
    """Name to version."""
    capacity: int
    running: int
    cpu_percent: float
    memory_percent: float
    disk_percent: float
    load_score: float
    state: str
    version: str
    sandbox_runtime: str
    started_at_ms: int
    updated_at_ms: int
    alarms: list[str]
    labels: dict[str, str]

    @classmethod
    def of(cls, node: NodeRecord) -> Node:
        """The node as callers see it."""
        told: dict[str, Any] = {name: getattr(node, name) for name in cls.__struct_fields__}
        told["languages"] = versions_of(node)
        told["state"] = node.state.value.upper()
        return cls(**told)


class Nodes(msgspec.Struct):
    """The live nodes, by id."""

    nodes: list[Node]
