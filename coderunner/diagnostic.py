"""A finding on the submitted files."""

from __future__ import annotations

from dataclasses import dataclass

from coderunner.status import Severity


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding of a compiler, of an error that nothing caught, or on how the program ended. Lines and columns count
    from 1; 0 where the tool does not tell."""

    stage: str
    """Whose output says it: ``compile``, ``run`` or ``case:<index from 0>``."""
    file: str
    """As it was submitted; empty for a finding that is in none (a signal, a limit of memory)."""
    line: int = 0
    column: int = 0
    severity: Severity = Severity.ERROR
    message: str = ""
    code: str = ""
    """The tool's name for the kind, such as ``-Wunused-variable``, ``KeyError``, ``SIGSEGV``; empty for none."""
