"""The programs of a page's blocks, as ``<code-runner>`` makes them: hidden set-up, the blocks on which one builds, and
its files."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple
from urllib.parse import unquote

from coderunner.cli.docs.blocks import Block
from coderunner.cli.docs.elements import trimmed
from coderunner.cli.docs.pages import Page
from coderunner.task import Limits, Task

HOLE = "##CODE##"
MAX_BLOCKS = 50
"""Of those that one is made of, itself among them."""
MAX_FILES = 63
"""Beside the program."""
MAX_FILE_CHARS = 1_000_000
MAX_PAGE_CHARS = 64_000_000
"""Of all programs of a page, files and blocks that many have counted each time: so much is held before it is sent."""
_PRINTS = {
    "python": "print({mark!r}, flush=True)",
    "javascript": "console.log({mark!r});",
    "bash": "echo '{mark}'",
}
"""What tells where the output of the blocks ends on which one builds, by language."""
_NAMED_AFTER_ITS_CLASS = frozenset(("java", "kotlin", "scala"))
_FILE = re.compile(r"(?s)(?P<where>.*?)(?::(?P<name>[^:/]+))?")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/")
_LIMITS = frozenset(one.name for one in fields(Limits))


class SetUpError(Exception):
    """What a block needs is not there."""


class Program(NamedTuple):
    """What is submitted for a block."""

    task: Task
    mark: str
    """The line of its output behind which that is the block's own; empty: all of it is."""


class _File(NamedTuple):
    name: str
    content: str


class Programs:
    """Makes the programs of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._chars = 0
        self._named: dict[str, Block] = {}
        for block in page.blocks:
            self._named.setdefault(block.name, block)

    def program(self, block: Block, language: str, extension: str) -> Program:
        """The block's program in the language of that name, whose files end so. Raises SetUpError."""
        text, mark = self._joined(block, language)
        names = block.attributes.get("files", "").split()
        if len(names) > MAX_FILES:
            raise SetUpError(f"has more than {MAX_FILES} files")
        files = {one.name: one.content for one in map(self._file, names)}
        content = self._template(block).replace(HOLE, text, 1) + "\n"
        self._chars += len(content) + sum(map(len, files.values()))
        if self._chars > MAX_PAGE_CHARS:
            raise SetUpError(f"is beyond the {MAX_PAGE_CHARS} characters that all programs of a page have")
        main = f"{'Main' if language in _NAMED_AFTER_ITS_CLASS else 'main'}{extension}"
        task = Task(
            language=language,
            source={main: content, **files} if files else content,
            entry_point=main if files else "",
            stdin=f"{self._text(block.attributes['stdin'])}\n" if "stdin" in block.attributes else "",
            limits=_limits(block.attributes.get("limits", "")),
        )
        return Program(task, mark)

    def expected(self, block: Block) -> str | None:
        """What the block should print; None where the page does not say."""
        if block.attributes.get("expect"):
            return self._text(block.attributes["expect"])
        elsewhere = self._element(block.recorded_in)
        return elsewhere if elsewhere is not None else block.expected

    def _joined(self, block: Block, language: str) -> tuple[str, str]:
        """The sources of the blocks on which it builds and its own, and the line between their outputs."""
        *before, own = (trimmed(one.code) for one in self._resolved(block, []))
        if not before or language not in _PRINTS:
            return "\n".join([*before, own]), ""
        mark = f"-- {token_hex(8)} --"
        return "\n".join([*before, _PRINTS[language].format(mark=mark), own]), mark

    def _resolved(self, block: Block, seen: list[Block]) -> Iterator[Block]:
        """Those on which it builds, each once and behind those on which it builds itself; at last the block."""
        seen.append(block)
        if len(seen) > MAX_BLOCKS:
            raise SetUpError(f"builds on more than {MAX_BLOCKS - 1} blocks")
        for name in block.depends_on:
            if name not in self._named:
                raise SetUpError(f"depends on '{name}', which is no block of this page")
            if all(one is not self._named[name] for one in seen):
                yield from self._resolved(self._named[name], seen)
        yield block

    def _template(self, block: Block) -> str:
        name = block.attributes.get("template")
        if not name:
            return HOLE
        content = self._file(name).content
        if HOLE not in content:
            raise SetUpError(f"{HOLE} is not in its template '{name}'")
        return content

    def _text(self, given: str) -> str:
        """An attribute's value, or with ``#id`` that element's text."""
        found = self._element(given)
        return given if found is None else found

    def _element(self, given: str) -> str | None:
        if not given.startswith("#"):
            return None
        block = self._named.get(given[1:])
        return trimmed(block.code) if block is not None else self._page.elements.text_of(given[1:])

    def _file(self, named: str) -> _File:
        """``#id``, or a file beside the page; ``:NAME`` at its end is what it is called."""
        found = _FILE.fullmatch(named)
        where, name = (found["where"], found["name"]) if found is not None else (named, None)
        if where.startswith("#"):
            content = self._element(where)
            if content is None:
                raise SetUpError(f"needs '{where}', which is nothing of this page")
            return _File(name or where[1:], content)
        path = unquote(re.split(r"[?#]", where, maxsplit=1)[0])
        return _File(name or path.rpartition("/")[2], self._read(where, path))

    def _read(self, where: str, path: str) -> str:
        """A file in the page's folder, or anywhere below the current one: a page gets nothing else of this machine."""
        folder = self._page.path.parent.resolve()
        try:
            whole = (folder / path).resolve()
            is_near = any(whole.is_relative_to(one) for one in (folder, Path.cwd()))
            if not path or _ADDRESS.match(where) or not is_near:
                raise SetUpError(f"needs '{where}', and only files of the documentation are read")
            if whole.stat().st_size > MAX_FILE_CHARS:
                raise SetUpError(f"needs '{where}', which has more than {MAX_FILE_CHARS} bytes")
            return whole.read_bytes().decode(errors="replace")
        except (OSError, ValueError) as error:
            raise SetUpError(f"needs '{where}', which cannot be read") from error


def _limits(words: str) -> Limits | None:
    given: dict[str, int] = {}
    for word in words.split():
        name, _, most = word.partition(":")
        if name not in _LIMITS:
            raise SetUpError(f"has a limit '{name}', which there is not")
        given[name] = _whole(word, most)
    return Limits(**given) if given else None


def _whole(word: str, most: str) -> int:
    try:
        number = float(most)
    except ValueError:
        number = math.nan
    if not 0 <= number < 1 << 53:
        raise SetUpError(f"has a limit '{word}', which is no number")
    return int(number)
