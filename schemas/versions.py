"""The rule by which a language's version is asked for. The gateway admits by it and the node obeys it: one spelling."""

from __future__ import annotations

import re

_LETTER_V = re.compile(r"[vV]\d")
"""How some toolchains begin: they print ``v20.19.2`` and mean 20.19.2."""


def version_matches(wanted: str, found: str) -> bool:
    """True if ``wanted`` is the version ``found`` or its first components; an empty one matches any.

    A component ends where something other than a letter or digit follows: 3 and 3.1 are prefixes of 3.1.4 and not of
    3.14, and 21.0.9 is one of 21.0.9+10.
    """
    wanted, found = _plain(wanted), _plain(found)
    if not found.startswith(wanted):
        return False
    rest = found[len(wanted) :]
    return not wanted or not rest or not rest[0].isalnum()


def _plain(version: str) -> str:
    return version[1:] if _LETTER_V.match(version) else version
