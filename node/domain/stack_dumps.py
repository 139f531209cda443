"""Where a program was when its time was up, as its runtime's stack dump tells it (ADR 0019)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from node.domain.diagnostics import line_number, own_file
from node.domain.patterns import matches
from node.domain.sandbox import StackDump
from node.domain.text import printable
from schemas.diagnostic import Diagnostic
from schemas.status import Severity

TIME_LIMIT_CODE = "time limit"
MAX_FRAMES = 8
"""That are told: the innermost ones."""
_MAX_STACKS = 256
_MAX_MATCHES = 256
_MAX_NAME = 100
"""Characters of a function's name."""
_HERE = "was here when its time was up"
_IN_A_CALL = "was in a call from here when its time was up"
_FROM_HERE = "called from here"


@dataclass(frozen=True, slots=True)
class _Frame:
    file: str
    line: int
    column: int
    function: str


def places_of(dump: StackDump, text: str, files: Collection[str], stage: str) -> list[Diagnostic]:
    """The calls in ``files`` that were under way, the innermost one as an error and those that led to it as notes; of
    the first stack that has any, one of a thread that runs before others. None where there is no such stack."""
    found = (_own_frames(dump, stack, files) for stack in _stacks(dump, text))
    frames = next((frames for frames in found if frames), [])
    words = _HERE
    if len(frames) > 1 and not frames[0].line:  # the runtime does not know it
        frames, words = frames[1:], _IN_A_CALL
    inner = [_diagnostic(stage, frame, words, Severity.ERROR) for frame in frames[:1]]
    return inner + [_diagnostic(stage, frame, _FROM_HERE, Severity.NOTE) for frame in frames[1:]]


def _stacks(dump: StackDump, text: str) -> list[str]:
    stacks = text.split("\n\n", _MAX_STACKS)[:_MAX_STACKS]
    if not dump.running:
        return stacks
    return sorted(stacks, key=lambda stack: not matches(dump.running, stack, 1))


def _own_frames(dump: StackDump, stack: str, files: Collection[str]) -> list[_Frame]:
    """At most MAX_FRAMES, and no line twice: a recursion is told once."""
    found: dict[tuple[str, int], _Frame] = {}
    for match in matches(dump.frame, stack, _MAX_MATCHES):
        told = match.groups
        file, line = own_file(told.get("file", ""), files), line_number(told.get("line", ""))
        if file and len(found) < MAX_FRAMES:
            function = printable(told.get("function", ""), _MAX_NAME)
            found.setdefault((file, line), _Frame(file, line, line_number(told.get("column", "")), function))
    return list(found.values())


def _diagnostic(stage: str, frame: _Frame, words: str, severity: Severity) -> Diagnostic:
    return Diagnostic(
        stage=stage,
        file=frame.file,
        line=frame.line,
        column=frame.column,
        severity=severity,
        message=f"{words}, in {frame.function}" if frame.function else words,
        code=TIME_LIMIT_CODE,
    )
