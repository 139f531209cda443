"""Checks of text that came from outside: how long it is, what must not be in it, how it is quoted."""

from __future__ import annotations

import re

from schemas.content import Content

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""C0 and C1 control characters: they forge log lines and terminal output, and no name needs one."""

_QUOTED_CHARS = 48


def byte_length(text: Content) -> int:
    """The number of bytes of ``text`` in UTF-8, or of what is no text."""
    if isinstance(text, bytes):
        return len(text)
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def quoted(text: str) -> str:
    """Quotes ``text`` as it may stand in an answer: short, in quotes, printable ASCII only."""
    return ascii(text if len(text) <= _QUOTED_CHARS else text[:_QUOTED_CHARS] + "...")
