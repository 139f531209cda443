"""Which version a client selects: an exact one, or a range in the words of SemVer as npm reads them, such as ``3.x``,
``^3.10``, ``>=3.9 <4`` and ``3.9 - 3.12 || *``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

MAX_CHARS = 64
"""Of a selector; a longer one selects nothing."""

Version = tuple[int, int, int]
_Range = tuple[Version, Version]
"""The first version of it, and the first beyond it."""
_ZERO: Version = (0, 0, 0)
_BEYOND: Version = (1 << 62, 0, 0)
_PART = r"(\d{1,9}|[xX*])"
_TAIL = r"(?:[-+][0-9A-Za-z.+-]*)?"
_PARTIAL = re.compile(rf"v?{_PART}(?:\.{_PART}(?:\.{_PART}{_TAIL})?)?", re.ASCII)
_COMPARATOR = re.compile(r"(\^|~>?|>=|<=|>|<|=|)(.*)", re.ASCII)
_SPACED = re.compile(r"([\^~<>=]) +")
_NUMBERS = re.compile(r"[vV]?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?", re.ASCII)


def selected(selector: str, versions: Sequence[str]) -> str | None:
    """The first of the versions that the selector means; None where it means none of them, or says nothing."""
    if selector in versions:
        return selector
    if len(selector) > MAX_CHARS:
        return None
    ranges = [one for alternative in selector.split("||") for one in _all_of(alternative)]
    return next((one for one in versions if _is_in(ranges, numbers_of(one))), None)


def numbers_of(version: str) -> Version:
    """The numbers with which a version begins; what is missing is 0."""
    found = _NUMBERS.match(version)
    major, minor, patch = (int(part or 0) for part in (found.groups() if found else ("", "", "")))
    return major, minor, patch


def _is_in(ranges: Sequence[_Range], version: Version) -> bool:
    return any(first <= version < beyond for first, beyond in ranges)


def _all_of(alternative: str) -> Iterator[_Range]:
    """The range in which all comparators agree; nothing where one of them cannot be read."""
    low, dash, high = alternative.strip().partition(" - ")
    words = [f">={low.strip()}", f"<={high.strip()}"] if dash else _SPACED.sub(r"\1", low).split()
    ranges = [_range_of(word) for word in words or ["*"]]
    known = [one for one in ranges if one is not None]
    if len(known) == len(ranges):
        yield max(first for first, _ in known), min(beyond for _, beyond in known)


def _range_of(word: str) -> _Range | None:
    found = _COMPARATOR.fullmatch(word)
    partial = _PARTIAL.fullmatch(found[2]) if found else None
    if found is None or partial is None:
        return None
    parts = [int(one) for one in _until_any(partial.groups())]
    if not parts:
        return (_BEYOND, _BEYOND) if found[1] in ("<", ">") else (_ZERO, _BEYOND)
    first, beyond = _version(parts), _after(parts)
    ranges = {
        ">": (beyond, _BEYOND),
        ">=": (first, _BEYOND),
        "<": (_ZERO, first),
        "<=": (_ZERO, beyond),
        "^": (first, _after(parts[: _leading_zeros(parts) + 1])),
        "~": (first, _after(parts[:2])),
        "~>": (first, _after(parts[:2])),
    }
    return ranges.get(found[1], (first, beyond))


def _until_any(parts: Sequence[str | None]) -> Iterator[str]:
    """The numbers before the first part that may be anything."""
    for part in parts:
        if part is None or not part.isdecimal():
            return
        yield part


def _leading_zeros(parts: Sequence[int]) -> int:
    """How many parts before the last are 0."""
    return next((at for at, part in enumerate(parts) if part), len(parts) - 1)


def _version(parts: Sequence[int]) -> Version:
    major, minor, patch = (*parts, 0, 0)[:3]
    return major, minor, patch


def _after(parts: Sequence[int]) -> Version:
    """The first version that does not begin with these parts."""
    return _version([*parts[:-1], parts[-1] + 1])
