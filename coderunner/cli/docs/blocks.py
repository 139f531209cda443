"""The programs of a page: what it shows, and what it says that they print."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

_ATTRIBUTE = re.compile(r"""([A-Za-z][\w-]*)(?:=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")


@dataclass(frozen=True, slots=True)
class Recording:
    """Where a page has what a program prints, or would have it: the characters from ``start`` to ``end``."""

    start: int
    end: int
    wrap: Callable[[str], str]
    """What stands there for an output."""
    text: str | None = None
    """The output that is there; None where there is none yet."""
    holds: Callable[[str], str] = str
    """What of an output can stand there."""


@dataclass(frozen=True, slots=True)
class Block:
    """One program of a page."""

    line: int
    """Where it begins, from 1."""
    language: str
    """As the page names it."""
    code: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Of its ``<code-runner>``, or behind its language; a word alone has an empty value."""
    recording: Recording | None = None

    @property
    def name(self) -> str:
        """By which others build on it; empty for none."""
        return self.attributes.get("id", "")

    @property
    def depends_on(self) -> list[str]:
        """The names of those on which it builds."""
        names = self.attributes.get("depends-on", "").replace(",", " ").split()
        return [name.removeprefix("#") for name in names]

    @property
    def is_run(self) -> bool:
        """False where the page says that it is not to be, and where its reader has to answer it."""
        asks = "terminal" in self.attributes or ("interactive" in self.attributes and "stdin" not in self.attributes)
        return "no-run" not in self.attributes and not asks

    @property
    def recorded_in(self) -> str:
        """``#id`` of the element that has what it prints, where that is elsewhere in the page; or empty."""
        named = self.attributes.get("output", "")
        return named if named.startswith("#") else ""

    @property
    def expected(self) -> str | None:
        """What it should print; None where the page does not say."""
        given = self.attributes.get("expect") or None
        return given if given is not None else self.recording.text if self.recording is not None else None


def language_in(attributes: Mapping[str, str]) -> str:
    """The language that a ``<code-runner>`` names, or codapi's element; empty where the code's own holds."""
    return attributes.get("language") or attributes.get("sandbox", "").partition(":")[0]


def attributes_in(words: str) -> dict[str, str]:
    """Names and values, as HTML writes them; a name alone has an empty value."""
    found = _ATTRIBUTE.finditer(words)
    return {one[1].lower(): next((value for value in one.groups()[1:] if value is not None), "") for one in found}


def lines_of(text: str) -> list[str]:
    """Its lines with their ends, which are those of editors and of Markdown: a form feed ends none, nor does what
    Unicode has besides."""
    return _LINE.findall(text)


def offsets_of(lines: Iterable[str]) -> list[int]:
    """Where each of the lines begins, and at last where the text ends."""
    return list(accumulate(map(len, lines), initial=0))


def printed_lines(output: str) -> list[str]:
    """The lines of what a program printed, without their ends."""
    return output.removesuffix("\n").split("\n") if output else []
