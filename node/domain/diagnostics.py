"""What a compiler or an uncaught error says of the program's own files, found in its output by the language's rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from node.domain.language import DiagnosticRule
from node.domain.patterns import Match, matches
from node.domain.text import printable
from schemas.diagnostic import MAX_DIAGNOSTICS, MAX_MESSAGE, Diagnostic
from schemas.status import Severity

MAX_CHARACTERS = 64 << 10
"""Of an output that are looked at: the first of a compiler's, the last of a program's, which dies with its error."""
MAX_MATCHES = 256
"""Of one pattern: more are in no file of the program's, or nobody reads them."""
_SEVERITIES = (("warning", Severity.WARNING), ("note", Severity.NOTE))


def diagnostics_of(
    rules: Sequence[DiagnosticRule], stage: str, output: str, files: Collection[str]
) -> list[Diagnostic]:
    """What ``output`` of the stage says of ``files``, at most MAX_DIAGNOSTICS: by the first rule that finds anything,
    since several describe the same error. Linear in the output."""
    kind = stage if stage == "compile" else "run"
    text = output[:MAX_CHARACTERS] if kind == "compile" else output[-MAX_CHARACTERS:]
    for rule in rules:
        if rule.stage != kind:
            continue
        found = list(_told_by(rule, stage, text, files))
        if found:
            return list(dict.fromkeys(found))[:MAX_DIAGNOSTICS]
    return []


def _told_by(rule: DiagnosticRule, stage: str, text: str, files: Collection[str]) -> Iterator[Diagnostic]:
    found = matches(rule.pattern, text, MAX_MATCHES)
    if rule.frame and found:
        found = [found[-1]] if rule.innermost == "last" else [found[0]]
    for match in found:
        place = _frame(rule, match, files) if rule.frame else match
        name = own_file(place.groups.get("file", ""), files) if place else ""
        if place and name:
            yield _diagnostic(stage, name, place, match)


def _frame(rule: DiagnosticRule, match: Match, files: Collection[str]) -> Match | None:
    """The innermost place in the program's own files."""
    frames = matches(rule.frame, match.text, MAX_MATCHES)
    if rule.innermost == "last":
        frames.reverse()
    return next((frame for frame in frames if own_file(frame.groups.get("file", ""), files)), None)


def _diagnostic(stage: str, file: str, place: Match, match: Match) -> Diagnostic:
    told = match.groups
    column = line_number(place.groups.get("column", ""))
    if not column and told.get("caret") is not None:
        column = len(told["caret"]) + 1
    return Diagnostic(
        stage=stage,
        file=file,
        line=line_number(place.groups.get("line", "")),
        column=column,
        severity=_severity(told.get("severity", "")),
        message=printable(told.get("message", "") or told.get("code", ""), MAX_MESSAGE),
        code=printable(told.get("code", ""), MAX_MESSAGE),
    )


def own_file(told: str, files: Collection[str]) -> str:
    """The submitted file that the tool means: by its name, by the end of its path, or (a Java frame has no more) by the
    end of one submitted file's."""
    told = told.removeprefix("./")
    if told in files or not told:
        return told
    if told.startswith("/"):
        return max((name for name in files if told.endswith(f"/{name}")), key=len, default="")
    ending = [name for name in files if name.endswith(f"/{told}")]
    return ending[0] if len(ending) == 1 else ""


def _severity(told: str) -> Severity:
    return next((severity for word, severity in _SEVERITIES if word in told), Severity.ERROR)


def line_number(told: str) -> int:
    """0 for what is no number, or none of a line that there could be."""
    return int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0
