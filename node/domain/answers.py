"""What tells that a program may end otherwise when it runs again: then its outcome is nobody else's answer."""

from __future__ import annotations

from collections.abc import Mapping

from node.domain.language import Language
from node.domain.rules import check
from schemas.content import Content


def varies(language: Language, files: Mapping[str, Content]) -> str:
    """The first sign, in words, that a program (``files`` by name) reads a clock, random numbers or the machine that it
    runs on, by the patterns of the language's file; empty where there is none. What no pattern tells, such as the order
    of a Python set of strings, goes unseen."""
    found = check(language.varies, files)
    return str(found[0]) if found else ""
