"""What is said to a program while it runs, in order, by number (docs/adr/0033)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

TALK_BYTES = 1 << 20
"""Of all that is said to one task."""
TALK_ITEMS = 65_536
"""So many things may be said to it."""
SAID_BYTES = 64 << 10
"""Of one thing that is said."""


class SignalName(StrEnum):
    """The signals that may be sent to a program."""

    HUP = "HUP"
    INT = "INT"
    QUIT = "QUIT"
    USR1 = "USR1"
    USR2 = "USR2"
    TERM = "TERM"


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a terminal, in characters."""

    rows: int
    columns: int


class Interaction(msgspec.Struct, frozen=True, kw_only=True):
    """How a task is talked to."""

    terminal: Terminal | None
    """None: it has pipes."""
    session_ms: int
    """Its program may run for so long in all, waiting included."""
    grace_ms: int
    """It ends where nobody has talked to it for so long."""
    clock_stands: bool
    """Its limit of wall time does not count while it waits for input."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is said to a program: one of these."""

    data: bytes
    """For its standard input."""
    closes: bool
    """Its standard input ends."""
    signal: SignalName | None
    terminal: Terminal | None
    """Its terminal has this size now."""

    @classmethod
    def of(
        cls,
        data: bytes = b"",
        *,
        closes: bool = False,
        signal: SignalName | None = None,
        terminal: Terminal | None = None,
    ) -> Said:
        """That one thing."""
        return cls(data=data, closes=closes, signal=signal, terminal=terminal)
