"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a part was found."""

    OK = "ok"
    WARNING = "warning"
    """Works, but somebody should look."""
    WRONG = "wrong"
    SKIPPED = "skipped"
    """Could not be looked at: another part is wrong, or it belongs on another machine."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: the part, its state, and a sentence."""

    part: str
    state: State
    says: str
    mend: str = ""
    """A command, or what to do, where something is wrong."""


def ok(part: str, says: str) -> Finding:
    """A part that works."""
    return Finding(part, State.OK, says)


def warning(part: str, says: str, mend: str) -> Finding:
    """A part that works and needs attention."""
    return Finding(part, State.WARNING, says, mend)


def wrong(part: str, says: str, mend: str) -> Finding:
    """A part that does not work."""
    return Finding(part, State.WRONG, says, mend)


def skipped(part: str, says: str) -> Finding:
    """A part that was not looked at."""
    return Finding(part, State.SKIPPED, says)
