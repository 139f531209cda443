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
        text = self.text
        for number in sorted(outputs, reverse=True):
            recording = self.blocks[number].recording
            if recording is not None:
                text = text[: recording.start] + recording.wrap(outputs[number]) + text[recording.end :]
        return text


def pages_of(paths: Iterable[Path]) -> list[Page]:
    """The pages with at least one block; of a folder, all files of known kinds. Raises click.UsageError."""
    return [page for path in paths for one in _files(path) if (page := _page(one)).blocks]


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(one for one in path.rglob("*") if one.suffix.lower() in _READERS and one.is_file())
    if path.suffix.lower() not in _READERS:
        raise click.UsageError(f"'{path}' is none of {', '.join(sorted(_READERS))}")
    return [path]


def _page(path: Path) -> Page:
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
