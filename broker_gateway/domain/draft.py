"""The draft of a task: what a client asks for, word for word. Nothing here has been checked yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.blob import BlobRef
from schemas.content import Content
from schemas.status import Priority
from schemas.task import DEFAULT_COMPARISON, Checker, SourceFile

DEFAULT_OUTPUTS = ("out/*",)
"""What comes back of a program's files where nothing is said."""


@dataclass(frozen=True, slots=True)
class DraftCounts:
    """How many of each kind a draft takes over from a message: one more than may enter, so that the rule that refuses
    them sees that they are too many, and no work is done for the rest."""

    files: int
    args: int
    env: int
    labels: int
    compile_options: int
    outputs: int
    cases: int
    packages: int


@dataclass(slots=True)
class DraftInteraction:
    """How a task is to be talked to; what is 0 takes what is usual."""

    terminal: tuple[int, int] | None = None
    """Rows and columns."""
    session_ms: int = 0
    grace_ms: int = 0
    clock_goes_on: bool = False


@dataclass(slots=True)
class DraftCase:
    """One test case as it was asked for."""

    name: str = ""
    stdin: Content = ""
    stdin_blob: BlobRef | None = None
    """Its standard input where that is a blob."""
    args: Sequence[str] = ()
    expected_output: str = ""
    comparison: str = DEFAULT_COMPARISON.value
    epsilon: float = 0.0
    limits: Mapping[str, int] = field(default_factory=dict)
    """Only what is set, by the field names of ``schemas.task.Limits``."""


@dataclass(slots=True)
class TaskDraft:
    """One task as it was asked for."""

    language: str = ""
    language_version: str = ""
    files: Sequence[SourceFile] = ()
    entry_point: str = ""
    stdin: Content = ""
    stdin_blob: BlobRef | None = None
    """Its standard input where that is a blob."""
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    compile_options: Sequence[str] = ()
    outputs: Sequence[str] = ()
    """Patterns of the files that come back; empty: ``DEFAULT_OUTPUTS``."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Only what is set, by the field names of ``schemas.task.Limits``."""
    priority: str = Priority.NORMAL.value
    cases: Sequence[DraftCase] = ()
    stop_at_first_failure: bool = False
    checker: Checker | None = None
    """Its language may still be an alias."""
    idempotency_key: str = ""
    queue_deadline_ms: int = 0
    """0: none."""
    callback_url: str | None = None
    callback_headers: str = ""
    callback_events: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    large_result: bool = False
    archive: bytes = b""
    """A zip or a tar with more files, which are not among ``files`` yet; empty for none."""
    cache: str = ""
    """A ``CacheMode``; empty: what is set for the client."""
    reader: str = ""
    interaction: DraftInteraction | None = None
    redirect_stderr: bool = False
    packages: Sequence[str] = ()
    test_framework: str = ""
    """What its files are run as tests of; empty: they are run as a program."""

    @property
    def names_blobs(self) -> bool:
        """A file or an input of it is a blob."""
        files = (*self.files, *(self.checker.files if self.checker is not None else ()))
        inputs = (self.stdin_blob, *(case.stdin_blob for case in self.cases))
        return any(file.blob is not None for file in files) or any(one is not None for one in inputs)

    @property
    def holds_bytes(self) -> bool:
        """A file or an input of it is no text."""
        files = (*self.files, *(self.checker.files if self.checker is not None else ()))
        inputs = (self.stdin, *(case.stdin for case in self.cases))
        return any(file.data is not None for file in files) or any(isinstance(one, bytes) for one in inputs)
