"""What is to be said of one place in a program, or of its end, as data."""

from __future__ import annotations

import msgspec

from schemas.status import Severity

MAX_DIAGNOSTICS = 20
"""Of one execution: the first ones. A reader mends one and runs again."""
MAX_MESSAGE = 256
"""Characters of a message; the rest of it is in the stage's output."""


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: of a compiler, of an error that nothing caught, or on how the program ended. Lines and columns count
    from 1, as the tool tells them; 0 where it does not."""

    stage: str
    """Whose output says it: ``compile``, ``run`` or ``case:<index from 0>``."""
    file: str
    """As it was submitted; empty for a finding that is in none (a signal, a limit of memory)."""
    line: int
    column: int
    severity: Severity
    message: str
    code: str
    """The tool's name for the kind: ``-Wunused-variable``, ``KeyError``, ``SIGSEGV``, ``time limit``,
    ``memory limit``; empty where it has none."""
