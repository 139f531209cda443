"""The line of the program that its error is in, marked as compilers mark it, where the tool has not done so itself; and
what is said of its end without a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from coderunner.cli.printable import printable
from coderunner.cli.sources import shown
from coderunner.model import Diagnostic, Execution, Severity

if TYPE_CHECKING:
    from coderunner.task import Source

_TAB = 4
_MOST_CHARACTERS = 160
"""Of a line that is shown: more is no help on a terminal."""


def marks(execution: Execution, source: Source) -> Iterator[str]:
    """The lines that show where the first error is, unless the output shows its line; then what is said of the end and
    is in no file. None where nothing is told."""
    errors = [one for one in execution.diagnostics if one.severity is Severity.ERROR]
    placed = next((one for one in errors if one.line), None)
    if placed is not None:
        yield from _mark(execution, placed, source)
    yield from (printable(_message(one)) for one in errors if not one.file)


def _mark(execution: Execution, error: Diagnostic, source: Source) -> Iterator[str]:
    line = _line(error, source)
    output = next((stage.stderr for name, stage in execution.stages() if name == error.stage), "")
    if line.strip() and line.strip() in output:
        return
    yield printable(f"{error.file}, line {error.line}: {_message(error)}")
    if line:
        number = f"{error.line:>5}"
        yield f"{number} | {printable(line.expandtabs(_TAB))}"
        if 0 < error.column <= len(line) + 1:
            yield f"{' ' * len(number)} | {_as_wide(line[: error.column - 1])}^"


def _message(error: Diagnostic) -> str:
    known = error.code and error.code != error.message and error.stage != "compile"
    return f"{error.code}: {error.message}" if known else error.message


def _line(error: Diagnostic, source: Source) -> str:
    """Empty where the source does not have it, or it is too long to be shown."""
    content = source.get(error.file, "") if isinstance(source, Mapping) else source
    lines = shown(content).split("\n")
    line = lines[error.line - 1].rstrip("\r") if error.line <= len(lines) else ""
    return line if len(line) <= _MOST_CHARACTERS else ""


def _as_wide(text: str) -> str:
    """Blanks that take as much room as the text where it is shown."""
    return " " * len(printable(text.expandtabs(_TAB)))
