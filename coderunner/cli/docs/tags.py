"""HTML as tags and the text between them, in time that is linear in its length, where in the text each stands: what
the standard library's parser says in lines and columns, and of some broken pages only after hours."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_ATTRIBUTE = r"""
    (?:=[^\s/>=]*+|[^\s/>=]++)
    (?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?)?+
"""
_TAG = re.compile(
    rf"""(?xs)
    <!--(?:-?>|.*?(?:--!?>|\Z))
    |<[!?][^>]*+(?:>|\Z)
    |<(?P<slash>/?)(?P<name>[A-Za-z][^\s/>]*+)(?P<attributes>(?:[\s/]++|{_ATTRIBUTE})*+)(?:>|\Z)
    """
)
_GIVEN = re.compile(
    r"""(?xs)
    (?P<name>=[^\s/>=]*+|[^\s/>=]++)
    (?:\s*+=\s*+(?:"(?P<double>[^"]*+)(?:"|\Z)|'(?P<single>[^']*+)(?:'|\Z)|(?P<bare>[^\s>"'][^\s>]*+))?)?+
    """
)
_IS_TEXT = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}
"""Elements with no elements within them, and what ends one."""
_HAS_REFERENCES = ("textarea", "title")
_LONG_NUMBER = re.compile(r"&#(?P<digits>[0-9]{8,}+)")
"""Of no character, unless it begins with zeros; Python makes no number of some thousand digits."""


@dataclass(frozen=True, slots=True)
class Tag:
    """The beginning or the end of an element: the characters from ``start`` to ``end``."""

    name: str
    """In small letters."""
    start: int
    end: int
    is_end: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


def tags_in(text: str) -> Iterator[Tag | str]:
    """The tags, and the text between them with its references resolved, in order; comments are left out."""
    at = 0
    while (found := _TAG.search(text, at)) is not None:
        if found.start() > at:
            yield _resolved(text[at : found.start()])
        at = found.end()
        if not found["name"]:
            continue
        name = found["name"].lower()
        yield Tag(name, found.start(), at, found["slash"] != "", _given(found["attributes"]))
        if name in _IS_TEXT and not found["slash"]:
            end = _IS_TEXT[name].search(text, at)
            content = text[at : end.start() if end is not None else None]
            at += len(content)
            yield _resolved(content) if name in _HAS_REFERENCES else content
    if at < len(text):
        yield _resolved(text[at:])


def _given(words: str) -> dict[str, str]:
    """Names and values; of a name that stands there twice, the first."""
    given: dict[str, str] = {}
    for one in _GIVEN.finditer(words):
        value = one["double"] or one["single"] or one["bare"] or ""
        given.setdefault(one["name"].lower(), _resolved(value))
    return given


def _resolved(words: str) -> str:
    """The same with the characters that references stand for."""
    return html.unescape(_LONG_NUMBER.sub(_shortened, words))


def _shortened(reference: re.Match[str]) -> str:
    return f"&#{reference['digits'].lstrip('0')[:8] or '0'}"
