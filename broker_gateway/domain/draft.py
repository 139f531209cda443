"""What a client asks for, word for word: nothing here has been checked yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.task import SourceFile


@dataclass(slots=True)
class DraftCase:
    name: str = ""
    stdin: str = ""
    args: Sequence[str] = ()
    expected_output: str = ""
    comparison: str = "trimmed"
    epsilon: float = 0.0
    limits: Mapping[str, int] = field(default_factory=dict)
    """Only what is set, by the field names of ``schemas.task.Limits``."""


@dataclass(slots=True)
class DraftChecker:
    language: str = ""
    language_version: str = ""
    files: Sequence[SourceFile] = ()


@dataclass(slots=True)
class TaskDraft:
    language: str = ""
    language_version: str = ""
    files: Sequence[SourceFile] = ()
    entry_point: str = ""
    stdin: str = ""
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    compile_options: Sequence[str] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    """Only what is set, by the field names of ``schemas.task.Limits``."""
    priority: str = "NORMAL"
    cases: Sequence[DraftCase] = ()
    stop_at_first_failure: bool = False
    checker: DraftChecker | None = None
    idempotency_key: str = ""
    queue_deadline_ms: int = 0
    """0: none."""
    callback_url: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
