"""A page of a documentation: its programs, and the page with what they print now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import click

from coderunner.cli.docs.blocks import Block
from coderunner.cli.docs.elements import Elements, elements_in
from coderunner.cli.sources import text_of

_READERS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".rst": "rest",
    ".rest": "rest",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
}

MAX_PAGE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Page:
    """A file, and its blocks in order."""

    path: Path
    text: str
    blocks: list[Block]
    elements: Elements = field(default_factory=Elements)
    """Of its HTML."""

    def with_outputs(self, outputs: Mapping[int, str]) -> str:
        """The page with these outputs, by the blocks' numbers from 0, in the place of what is recorded."""
        pieces, at = [], 0
        for number in sorted(outputs):
            recording = self.blocks[number].recording
            if recording is None or recording.start < at:  # within the output of another block
                continue
            pieces += [self.text[at : recording.start], self._ended(recording.wrap(outputs[number]))]
            at = recording.end
        return "".join((*pieces, self.text[at:]))

    def _ended(self, text: str) -> str:
        """With lines that end as the page's."""
        first = self.text.find("\n")
        return text.replace("\n", "\r\n") if self.text[:first].endswith("\r") else text


def pages_of(paths: Iterable[Path]) -> list[Page]:
    """The pages with at least one block, each once; of a folder, all files of known kinds in it, which what links lead
    to elsewhere is not. Raises click.UsageError."""
    files = {one.resolve(): one for path in paths for one in _files(path)}
    return [page for one in files.values() if (page := _page(one)).blocks]


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        folder = path.resolve()
        found = (one for one in path.rglob("*") if one.suffix.lower() in _READERS and one.is_file())
        return sorted(one for one in found if one.resolve().is_relative_to(folder))
    if path.suffix.lower() not in _READERS:
        raise click.UsageError(f"'{path}' is none of {', '.join(sorted(_READERS))}")
    return [path]


def _page(path: Path) -> Page:
    if path.is_file() and path.stat().st_size > MAX_PAGE_BYTES:
        raise click.UsageError(f"'{path}' has more than {MAX_PAGE_BYTES} bytes")
    text = text_of(path)
    reader = _reader(path)
    return Page(path, text, reader.blocks_in(text), elements_in(reader.html_in(text)))


class _Reader(Protocol):
    """A module that reads pages of one kind."""

    def blocks_in(self, text: str, /) -> list[Block]:
        """The blocks with a language, in order."""

    def html_in(self, text: str, /) -> str:
        """The page's HTML."""


def _reader(path: Path) -> _Reader:
    name = _READERS[path.suffix.lower()]
    try:
        return cast("_Reader", import_module(f"coderunner.cli.docs.{name}"))
    except ImportError as error:
        raise click.UsageError(f"'{path}' needs a package that is not there: pip install 'coderunner[docs]'") from error
