"""The basic code check and the language's rules for compile options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from node.domain.language import CodeRule
from node.domain.patterns import first_line, matches_in_full
from node.domain.text import lenient
from schemas.content import Content


class CheckMode(StrEnum):
    """What is done with a finding of the code check."""

    OFF = "off"
    WARN = "warn"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule and the place that it matched. ``line`` counts from 1."""

    rule: str
    message: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} [{self.rule}]"


def check(rules: Sequence[CodeRule], files: Mapping[str, Content]) -> list[Finding]:
    """The first match of each rule in each file, in the order of files and rules. A byte that is not UTF-8 is looked at
    as a ``?``: RE2 finds no character in it, not even for ``.``, and so it would hide what stands around it."""
    return [
        Finding(rule.id, rule.message, name, number)
        for name, content in ((name, lenient(content).encode(errors="replace")) for name, content in files.items())
        for rule in rules
        if (number := first_line(rule.pattern, content))
    ]


def refused_options(options: Iterable[str], allowed: Sequence[str]) -> list[str]:
    """Those options that match none of the regular expressions in full."""
    return [option for option in options if not any(matches_in_full(pattern, option) for pattern in allowed)]
