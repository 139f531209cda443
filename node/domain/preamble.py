"""The preamble of a program: the headers that it begins with, and the options that shape them.

A compiler can read what begins with these headers ahead of the program (a precompiled header), since neither depends on
anything else of it. Headers of the standard library may come in any order ([using.headers] of the C++ standard), so
that a preamble is a set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from node.domain.language import PreambleRule
from node.domain.patterns import leading, matches_in_full

_MAX_CHARACTERS = 16 << 10
_MAX_ELEMENTS = 256


@dataclass(frozen=True, slots=True)
class Preamble:
    """What a precompiled header is made of, and nothing more: no word of a submission is in it."""

    options: tuple[str, ...]
    headers: tuple[str, ...]
    """Sorted, each once."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """As the language's ``command`` takes them."""
        return (*self.options, *self.headers)

    @property
    def key(self) -> str:
        """The name under which its precompiled header is kept."""
        return hashlib.sha256("\n".join(self.arguments).encode()).hexdigest()[:32]


def preamble_of(rule: PreambleRule, source: str, options: Sequence[str]) -> Preamble | None:
    """The preamble of a source that is compiled with these options. None where it has none, or where an option is not
    known to let it be precompiled."""
    shaping = tuple(option for option in options if not _any(rule.neutral_options, option))
    if not all(_any(rule.shaping_options, option) for option in shaping):
        return None
    headers: set[str] = set()
    for element in leading(rule.element, source[:_MAX_CHARACTERS], _MAX_ELEMENTS):
        header = element.groups.get("header")
        if header is not None and header not in rule.headers:
            break
        if header is not None:
            headers.add(header)
    return Preamble(shaping, tuple(sorted(headers))) if headers else None


def _any(patterns: Sequence[str], option: str) -> bool:
    return any(matches_in_full(pattern, option) for pattern in patterns)
