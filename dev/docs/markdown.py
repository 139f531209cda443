"""Markdown as GitHub reads it: blocks of code, links, and what the site makes of it otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>[^`]*)$")
_CODE = re.compile(r"(?P<marks>`+)(?:(?!(?P=marks)).)+(?P=marks)")
_CODE_OR_LINK = re.compile(rf"{_CODE.pattern}|(?<=\]\()(?P<target>[^)\s]+)(?=\))")
_CELL = re.compile(r"<td.*?</td>", re.DOTALL)
_LONG_CODE = re.compile(r"(?<=<code>)[^<]{20,}(?=</code>)")
_BREAK = re.compile(r"(?<=\w[_/])(?=\w)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code."""

    line: int
    """Of its opening fence, from 1."""
    language: str
    """The first word behind the fence; empty where there is none."""
    code: str
    """Without the indentation of its fence."""
    before: str
    """The nearest line above it that is not empty, where a remark about it may stand."""


def blocks(text: str) -> Iterator[Block]:
    """All fenced blocks, in order."""
    before = ""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        opening = _FENCE.match(line)
        if opening is None:
            before = line.strip() or before
            continue
        indent, body = len(opening["indent"]), list[str]()
        for _, inner in lines:
            if inner.strip() == opening["marks"]:
                break
            body.append(inner[indent:] if inner[:indent].isspace() or not indent else inner)
        language = (opening["info"].split() or [""])[0]
        yield Block(number, language, "".join(f"{one}\n" for one in body), before)
        before = ""


def targets(text: str) -> list[str]:
    """The targets of all links and pictures, outside of code."""
    found: list[str] = []

    def keep(target: str) -> str:
        found.append(target)
        return target

    relink(text, keep)
    return found


def relink(text: str, change: Callable[[str], str]) -> str:
    """The text with each link's target put through ``change``; code stays as it is."""
    return _outside_fences(text, lambda line: _relink_line(line, change))


def plain_pipes(text: str) -> str:
    r"""Tables with ``|`` in place of ``\|`` in their code: GitHub wants it escaped, the site's reader does not."""
    return _outside_fences(text, lambda line: _unescape(line) if line.lstrip().startswith("|") else line)


def breakable(html: str) -> str:
    """A page's HTML in which long names in tables may break behind their underscores and slashes, and nowhere else."""
    return _CELL.sub(lambda cell: _LONG_CODE.sub(lambda code: _BREAK.sub("<wbr>", code[0]), cell[0]), html)


def _unescape(row: str) -> str:
    return _CODE.sub(lambda code: code[0].replace(r"\|", "|"), row)


def _relink_line(line: str, change: Callable[[str], str]) -> str:
    return _CODE_OR_LINK.sub(lambda found: change(found["target"]) if found["target"] else found[0], line)


def _outside_fences(text: str, change: Callable[[str], str]) -> str:
    lines, closing = [], ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if closing:
            closing = "" if line.strip() == closing else closing
            lines.append(line)
        elif fence:
            closing = fence["marks"]
            lines.append(line)
        else:
            lines.append(change(line))
    return "\n".join(lines) + "\n"
