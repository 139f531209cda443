"""What the tests of judging share."""

from __future__ import annotations

from coderunner import CaseResult, Execution

MIB = 1 << 20
OBEDIENT = """
import os, sys, time
def take(mib): return b"x" * (mib << 20)
exec(input())
print("done")
"""
"""Does what its first line says."""


def verdicts(execution: Execution) -> list[str]:
    return [case.verdict.value for case in execution.cases]


def out(case: CaseResult) -> str:
    """The program's standard output; fails for a case that was skipped."""
    assert case.stage is not None, case
    return case.stage.stdout
