"""The test cases in a folder, and the table of their verdicts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coderunner.cli.printable import coloured, printable
from coderunner.cli.sources import content_of, text_of
from coderunner.cli.tables import mebibytes, milliseconds, one_line, table
from coderunner.task import Comparison, TestCase

if TYPE_CHECKING:
    from coderunner.model import CaseResult, Execution


def read(folder: Path, comparison: Comparison, *, checked: bool = False) -> list[TestCase]:
    """The cases of a folder, in natural order: one for each ``NAME.in`` with its ``NAME.out`` or ``NAME.ans``, and
    ``NAME.args`` where there is one (quoted as in a shell). ``checked``: a checker may do without an expected output.
    Raises click.UsageError."""
    inputs = sorted(folder.glob("*.in"), key=_natural)
    if not inputs:
        raise click.UsageError(f"there is no NAME.in in '{folder}'")
    return [_case(path, comparison, checked=checked) for path in inputs]


def _case(path: Path, comparison: Comparison, *, checked: bool) -> TestCase:
    expected = [path.with_suffix(ending) for ending in (".out", ".ans") if path.with_suffix(ending).exists()]
    if len(expected) > 1 or not (expected or checked):
        found = "both" if expected else "neither"
        raise click.UsageError(f"'{path}' needs either {path.stem}.out or {path.stem}.ans; {found} is there")
    arguments = path.with_suffix(".args")
    try:
        args = shlex.split(text_of(arguments)) if arguments.exists() else []
    except ValueError as error:
        raise click.UsageError(f"'{arguments}': {error}") from error
    answer = text_of(expected[0]) if expected else ""
    return TestCase(name=path.stem, stdin=content_of(path), args=args, expected_output=answer, comparison=comparison)


def _natural(path: Path) -> list[tuple[int, str]]:
    parts: list[str] = re.findall(r"\d+|\D+", path.stem)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def verdicts(execution: Execution) -> str:
    """The table of cases, a line that sums them up, and what went wrong beside them."""
    rows = [_row(case) for case in execution.cases]
    accepted = sum(case.verdict == "ACCEPTED" for case in execution.cases)
    header = ("case", "verdict", "wall ms", "cpu ms", "memory", "output")
    lines = [table(header, rows, right=("wall ms", "cpu ms", "memory")), f"{accepted} of {len(rows)} accepted"]
    return "\n".join(
        [*lines, printable(execution.error)] if execution.error and execution.status == "FAILED" else lines
    )


def _row(case: CaseResult) -> tuple[str, ...]:
    colour = {"ACCEPTED": "green", "SKIPPED": "bright_black"}.get(case.verdict, "red")
    verdict = coloured(case.verdict, fg=colour)
    if case.stage is None:
        return case.name, verdict, "-", "-", "-", one_line(case.checker_output, 40)
    stage = case.stage
    shown = case.checker_output or (stage.stdout if case.verdict == "WRONG_ANSWER" else stage.stderr)
    return (
        case.name,
        verdict,
        milliseconds(stage.wall_ms),
        milliseconds(stage.cpu_ms),
        mebibytes(stage.peak_memory_bytes),
        "" if case.verdict == "ACCEPTED" else one_line(shown, 40),
    )
