"""The statuses of Judge0's submissions."""

from __future__ import annotations

import signal
from enum import IntEnum


class SubmissionStatus(IntEnum):
    """A submission's status, by its id."""

    IN_QUEUE = 1
    PROCESSING = 2
    ACCEPTED = 3
    WRONG_ANSWER = 4
    TIME_LIMIT_EXCEEDED = 5
    COMPILATION_ERROR = 6
    SIGSEGV = 7
    SIGXFSZ = 8
    SIGFPE = 9
    SIGABRT = 10
    NZEC = 11
    OTHER = 12
    INTERNAL_ERROR = 13
    EXEC_FORMAT_ERROR = 14

    @property
    def description(self) -> str:
        """Its name."""
        if SubmissionStatus.SIGSEGV <= self <= SubmissionStatus.OTHER:
            return f"Runtime Error ({'Other' if self is SubmissionStatus.OTHER else self.name})"
        return "In Queue" if self is SubmissionStatus.IN_QUEUE else self.name.replace("_", " ").title()

    def told(self) -> dict[str, object]:
        """As an answer has it."""
        return {"id": int(self), "description": self.description}


BY_SIGNAL = {
    int(signal.SIGSEGV): SubmissionStatus.SIGSEGV,
    int(signal.SIGXFSZ): SubmissionStatus.SIGXFSZ,
    int(signal.SIGFPE): SubmissionStatus.SIGFPE,
    int(signal.SIGABRT): SubmissionStatus.SIGABRT,
}
"""Those that Judge0 names; whatever else a program dies of is OTHER."""
