"""The part of a content that a request asks for (RFC 9110, 14)."""

from __future__ import annotations

import re

_ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


class UnsatisfiableError(ValueError):
    """The range begins behind the end."""


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte, and the one behind the last; None for all of it, which is also what comes for several ranges at once
    and for what is no range. Raises UnsatisfiableError."""
    found = _ONE_RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < begin:
            return None
    if begin >= size or begin >= end:
        raise UnsatisfiableError
    return begin, end
