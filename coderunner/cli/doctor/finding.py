"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """Works, but somebody should look."""
    WRONG = "wrong"
    SKIPPED = "skipped"
    """Could not be looked at: another part is wrong, or it belongs on another machine."""


@dataclass(frozen=True, slots=True)
class Finding:
    part: str
    state: State
    says: str
    mend: str = ""
    """A command, or what to do, where something is wrong."""


def ok(part: str, says: str) -> Finding:
    return Finding(part, State.OK, says)


def warning(part: str, says: str, mend: str) -> Finding:
    return Finding(part, State.WARNING, says, mend)


def wrong(part: str, says: str, mend: str) -> Finding:
    return Finding(part, State.WRONG, says, mend)


def skipped(part: str, says: str) -> Finding:
    return Finding(part, State.SKIPPED, says)
