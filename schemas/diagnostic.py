"""What a compiler or an uncaught error says of one place in a program, as data."""

from __future__ import annotations

import msgspec

from schemas.status import Severity

MAX_DIAGNOSTICS = 20
"""Of one execution: the first ones. A reader mends one and runs again."""
MAX_MESSAGE = 256
"""Characters of a message; the rest of it is in the stage's output."""


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """One finding in a file that was submitted. Lines and columns count from 1, as the tool tells them; 0 where it does
    not."""

    stage: str
    """Whose output says it: ``compile``, ``run`` or ``case:<index from 0>``."""
    file: str
    """As it was submitted."""
    line: int
    column: int
    severity: Severity
    message: str
    code: str
    """The tool's name for the kind: ``-Wunused-variable``, ``KeyError``; empty where it has none."""
