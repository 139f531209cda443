"""Regular expressions on submitted text: matched by RE2 in time that grows with the text and no faster.

The standard library's engine tries alternatives one after the other, which a stranger's text can make take for ever; so
no pattern of a language file is matched with it. RE2 knows neither look-around nor back references, and its ``\\w``,
``\\s`` and ``\\b`` are ASCII (https://github.com/google/re2/wiki/Syntax).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import re2

_KEPT_PATTERNS = 1024
"""Compiled ones: more than a node's languages have."""


class PatternError(ValueError):
    """A regular expression that RE2 does not take."""


def first_group(pattern: str, text: str) -> str:
    """What the first group of the first match holds, where ``^`` and ``$`` are the ends of lines; empty for none.
    Raises PatternError."""
    found = _compiled(f"(?m){pattern}", False).search(_encodable(text))
    return (found.group(1) or "") if found and found.groups() else ""


def first_line(pattern: str, text: bytes) -> int:
    """The number of the first line that matches, counted from 1; 0 where none does. A match ends with its line. Raises
    PatternError."""
    found = _compiled(f"(?m){pattern}", True).search(text)
    return text.count(b"\n", 0, found.start()) + 1 if found else 0


def matches_in(pattern: str, text: bytes) -> bool:
    """Whether a part of the text matches; ``^`` and ``$`` are the ends of lines. Raises PatternError."""
    return first_line(pattern, text) > 0


def matches_in_full(pattern: str, text: str) -> bool:
    """Whether the whole text matches. Raises PatternError."""
    return _compiled(pattern, False).fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Match:
    """One match: its text, and what its named groups hold that took part in it."""

    text: str
    groups: Mapping[str, str]


def matches(pattern: str, text: str, most: int) -> list[Match]:
    """The first ``most`` matches, where ``^`` and ``$`` are the ends of lines. Raises PatternError."""
    found = islice(_compiled(f"(?m){pattern}", False).finditer(_encodable(text)), most)
    return [_match(one) for one in found]


def leading(pattern: str, text: str, most: int) -> list[Match]:
    """The matches that the text begins with, each right behind the one before, ``most`` at most. Raises
    PatternError."""
    found: list[Match] = []
    end = 0
    for one in islice(_compiled(pattern, False).finditer(_encodable(text)), most):
        if one.start() != end or one.end() == end:
            break
        end = one.end()
        found.append(_match(one))
    return found


def names_in(pattern: str) -> frozenset[str]:
    """The names of its groups. Raises PatternError."""
    return frozenset(_compiled(pattern, False).groupindex)


def groups_in(pattern: str) -> int:
    """How many groups it has. Raises PatternError."""
    return int(_compiled(pattern, False).groups)


def _encodable(text: str) -> str:
    """The same with ``?`` for each lone surrogate, which stands for a byte of what is no text: RE2 takes none."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _match(found: Any) -> Match:
    return Match(found.group(0), {name: held for name, held in found.groupdict().items() if held is not None})


@lru_cache(maxsize=_KEPT_PATTERNS)
def _compiled(pattern: str, in_lines: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_nl = in_lines
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        words = error.args[0] if error.args else error
        why = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        raise PatternError(f"RE2 does not take the pattern {pattern!r}: {why}") from error
