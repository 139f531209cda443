"""The includes at the head of C++ programs, changed for a row: everything at once, or a set that is new."""

from __future__ import annotations

import random
import re

_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<[\w./]+>[^\n]*\n", re.MULTILINE)
_RARE = (
    "cerrno", "cfenv", "cfloat", "cinttypes", "climits", "clocale", "csetjmp", "csignal", "cstdarg", "cstddef",
    "ctime", "cuchar", "cwchar", "cwctype", "typeindex", "typeinfo",
)  # fmt: skip
"""Small headers: they make a set of includes new and cost next to nothing themselves."""
_MORE = 5


def with_everything(source: str) -> str:
    """``<bits/stdc++.h>`` in place of the first include, and the others left out."""
    head, *rest = _INCLUDE.split(source)
    return head + "#include <bits/stdc++.h>\n" + "".join(rest)


def with_an_unseen_preamble(source: str, chance: random.Random) -> str:
    """Five of sixteen rare headers before its own: with those 4,368 sets a new one each time, whatever their order."""
    more = "".join(f"#include <{header}>\n" for header in chance.sample(_RARE, _MORE))
    first = _INCLUDE.search(source)
    at = first.start() if first else 0
    return source[:at] + more + source[at:]
