"""What others wrote, as a terminal may be shown it: no name, host or error moves a cursor."""

from __future__ import annotations

import re
from typing import Any

import click

_MAYBE = re.compile(r"[^ -~]")


class Coloured(str):
    """Text of our own with a colour: a cell that is shown as it is."""

    __slots__ = ()


def coloured(text: str, **style: Any) -> Coloured:
    """The text, spelled out, in the style that ``click.style`` takes."""
    return Coloured(click.style(printable(text), **style))


def printable(text: str) -> str:
    """The text with escapes, other control characters, line breaks and what turns the writing round spelled out."""
    return _MAYBE.sub(_spelled, text)


def printable_json(line: str) -> str:
    """A line of JSON with the same value, in which such characters are escapes of JSON."""
    return _MAYBE.sub(_escaped, line)


def _spelled(match: re.Match[str]) -> str:
    character = match[0]
    return character if character.isprintable() else repr(character)[1:-1]


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character.isprintable():
        return character
    units = character.encode("utf-16-be", errors="surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))
