"""The words of the API for how far a task has come and how it ended, as the proto's enumerations spell them."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """A task's state. ``QUEUED -> RUNNING -> one of the others``, which are final."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    """Ran and exited with 0 (and every case was accepted, where there are cases)."""
    FAILED = "FAILED"
    """Exited with another code, died of a signal of its own, or a case was not accepted."""
    COMPILE_ERROR = "COMPILE_ERROR"
    TIME_LIMIT = "TIME_LIMIT"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    OUTPUT_LIMIT = "OUTPUT_LIMIT"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    """The code check, or the language's rules for options, refused it; nothing ran."""
    EXPIRED = "EXPIRED"
    """Its queue deadline passed before a node took it."""
    INTERNAL_ERROR = "INTERNAL_ERROR"
    """CodeRunner failed, not the program."""

    @property
    def is_final(self) -> bool:
        return self not in (Status.QUEUED, Status.RUNNING)


class Severity(StrEnum):
    """How much a diagnostic matters."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    NOTE = "NOTE"


class Verdict(StrEnum):
    """How one case ended."""

    ACCEPTED = "ACCEPTED"
    WRONG_ANSWER = "WRONG_ANSWER"
    RUNTIME_ERROR = "RUNTIME_ERROR"
    TIME_LIMIT = "TIME_LIMIT"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    OUTPUT_LIMIT = "OUTPUT_LIMIT"
    CHECKER_ERROR = "CHECKER_ERROR"
    SKIPPED = "SKIPPED"
