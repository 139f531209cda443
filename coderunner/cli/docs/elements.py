"""What a page keeps in its HTML elements, by id, as ``<code-runner>`` finds it there: a ``<script type="text/plain">``,
a ``<template>``, a ``<pre>``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

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
    reader.feed(html)
    reader.close()
    return Elements("".join(reader.pieces), reader.places)


def trimmed(text: str) -> str:
    """A text without the line feeds that HTML's layout puts around it."""
    return _BLANK_LINES.sub("", text).rstrip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.places: dict[str, tuple[int, int | None]] = {}
        self._chars = 0
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        name = dict(attrs).get("id") or ""
        is_new = name != "" and name not in self.places
        if is_new:
            self.places[name] = (self._chars, None)
        self._open.append((tag, name if is_new else ""))

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)
        self._chars += len(data)

    def handle_endtag(self, tag: str) -> None:
        if all(opened != tag for opened, _ in self._open[-_MAX_DEPTH:]):
            return
        opened = ""
        while opened != tag:
            opened, name = self._open.pop()
            if name:
                self.places[name] = (self.places[name][0], self._chars)
