"""Shell as pages show it, taken apart into commands."""

from __future__ import annotations

import re
import shlex

_JOINTS = {"&&", "||", "|", ";", "&"}
_REDIRECTIONS = {">", ">>", "<", "2>"}
_ASSIGNMENT = re.compile(r"[A-Z_][A-Z0-9_]*=")
ELLIPSIS = "…"


def commands(code: str) -> list[list[str]]:
    """The commands of a block, each with its arguments; without assignments before it, redirections and comments."""
    found: list[list[str]] = [[]]
    for line in code.replace("\\\n", " ").splitlines():
        words = iter(_words(line))
        for word in words:
            if word in _JOINTS:
                found.append([])
            elif word in _REDIRECTIONS:
                next(words)
            elif word != ELLIPSIS and (found[-1] or not _ASSIGNMENT.match(word)):
                found[-1].append(word)
        found.append([])
    return [command for command in found if command]


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split = True
    return list(lexer)
