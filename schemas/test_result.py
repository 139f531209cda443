"""What became of one test that ran in a task (docs/adr/0039)."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class TestStatus(StrEnum):
    """How a test ended."""

    __test__ = False  # pytest must not collect it

    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    ERROR = "ERROR"
    """It could not be run to its end."""


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """One test, as its framework told of it. Every text is the program's."""

    __test__ = False  # pytest must not collect it

    name: str
    suite: str
    """What it belongs to: a class, a file, a package; empty where there is nothing."""
    status: TestStatus
    duration_ms: float
    message: str
    file: str
    line: int
    """From 1; 0 where it is not told."""
