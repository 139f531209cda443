"""What became of a test that a task has run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TestStatus(StrEnum):
    """How a test ended."""

    __test__ = False  # pytest must not collect it

    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    ERROR = "ERROR"
    """It could not be run to its end: an error while it was set up or loaded (in unittest any but a failed assertion),
    or a limit of the task."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test, as its framework told of it. Every text is the program's: trust none."""

    __test__ = False  # pytest must not collect it

    name: str
    suite: str = ""
    """What it belongs to: a class, a file, a package; empty where there is nothing."""
    status: TestStatus = TestStatus.ERROR
    duration_ms: float = 0.0
    message: str = ""
    """Why it did not pass, or was skipped."""
    file: str = ""
    """Where that is, as far as the framework tells; relative to the work directory."""
    line: int = 0
    """From 1; 0 where it is not told."""
