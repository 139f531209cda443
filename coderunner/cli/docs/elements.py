"""What a page keeps in its HTML elements, by id, as ``<code-runner>`` finds it there: a ``<script type="text/plain">``,
a ``<template>``, a ``<pre>``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from coderunner.cli.docs.tags import Tag, tags_in

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_BLANK_LINES = re.compile(r"^(?:[ \t]*\r?\n)+")
_MAX_DEPTH = 64
"""So far up the beginning of an element that ends is looked for: what nests deeper is no documentation."""


@dataclass(frozen=True, slots=True)
class Elements:
    """The text of a page's HTML, and where in it the elements with an id begin and end."""

    text: str = ""
    places: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)

    def text_of(self, name: str) -> str | None:
        """The text of the element of that id, of several the first; None where there is none."""
        start, end = self.places.get(name, (-1, None))
        return None if start < 0 else trimmed(self.text[start:end])


def elements_in(html: str) -> Elements:
    """The elements with an id."""
    reader = _Reader()
    for piece in tags_in(html):
        reader.take(piece)
    return Elements("".join(reader.pieces), reader.places)


def trimmed(text: str) -> str:
    """A text without the line feeds that HTML's layout puts around it."""
    return _BLANK_LINES.sub("", text).rstrip()


class _Reader:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.places: dict[str, tuple[int, int | None]] = {}
        self._chars = 0
        self._open: list[tuple[str, str]] = []

    def take(self, piece: Tag | str) -> None:
        if isinstance(piece, str):
            self.pieces.append(piece)
            self._chars += len(piece)
        elif piece.is_end:
            self._end(piece)
        elif piece.name not in _VOID:
            self._begin(piece)

    def _begin(self, tag: Tag) -> None:
        name = tag.attributes.get("id", "")
        is_new = name != "" and name not in self.places
        if is_new:
            self.places[name] = (self._chars, None)
        self._open.append((tag.name, name if is_new else ""))

    def _end(self, tag: Tag) -> None:
        if all(opened != tag.name for opened, _ in self._open[-_MAX_DEPTH:]):
            return
        opened = ""
        while opened != tag.name:
            opened, name = self._open.pop()
            if name:
                self.places[name] = (self.places[name][0], self._chars)
