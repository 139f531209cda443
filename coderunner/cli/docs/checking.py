"""The check of a documentation: its programs run, and compared with what the pages say."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

from coderunner.cli.docs.blocks import Block
from coderunner.cli.docs.pages import Page
from coderunner.cli.remarks import remarks
from coderunner.errors import CodeRunnerError
from coderunner.status import Status

if TYPE_CHECKING:
    from coderunner.client import Client
    from coderunner.model import Execution

_AT_ONCE = 32
_PRINTS = {
    "python": "print({mark!r}, flush=True)",
    "javascript": "console.log({mark!r})",
    "bash": "echo {mark}",
}
"""What tells where the output of the blocks ends on which one builds, by language."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One block, and what became of it."""

    page: Page
    number: int
    """Of the block, from 0."""
    fault: str = ""
    """Why it does not do what the page says; empty where it does."""
    printed: str | None = None
    """None where it was not run."""
    ms: float = 0.0
    differs: bool = False
    """It ended as it should, and prints something else."""

    @property
    def block(self) -> Block:
        return self.page.blocks[self.number]

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.page.path}:{self.block.line}"


async def check(client: Client, pages: Sequence[Page]) -> list[Checked]:
    """Runs every block in a language that is served, unless the page says otherwise; in the pages' order. Raises
    CodeRunnerError where the gateway is away."""
    known = {
        name: language.name
        for language in await client.languages()
        for name in (language.name, *language.aliases, *(one.removeprefix(".") for one in language.extensions))
    }
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(page: Page, number: int) -> Checked | None:
        block = page.blocks[number]
        language = known.get(block.language.lower())
        if language is None:
            return None
        if not block.is_run:
            return Checked(page, number)
        async with limit:
            return await _run(client, page, number, language)

    found = await asyncio.gather(*(one(page, number) for page in pages for number in range(len(page.blocks))))
    return [checked for checked in found if checked is not None]


async def _run(client: Client, page: Page, number: int, language: str) -> Checked:
    block = page.blocks[number]
    mark = f"--{token_hex(8)}--"
    try:
        before = list(_before(page, block))
    except LookupError as error:
        return Checked(page, number, f"depends on {error}, which is no block of this page")
    between = [_PRINTS[language].format(mark=mark)] if before and language in _PRINTS else []
    source = "\n".join([*(one.code for one in before), *between, block.code])
    try:
        execution = await client.run(language, source, stdin=block.attributes.get("stdin", ""))
    except CodeRunnerError as error:
        if not getattr(error, "violations", ()):
            raise
        return Checked(page, number, str(error))
    stdout = execution.run.stdout if execution.run is not None else ""
    printed = stdout.partition(f"{mark}\n")[2] if between else stdout
    ms = execution.run.wall_ms if execution.run is not None else 0.0
    fault = _wrong_end(block, execution)
    difference = "" if fault else _difference(block.expected, printed)
    return Checked(page, number, fault or difference, printed, ms, bool(difference))


def _before(page: Page, block: Block) -> Iterator[Block]:
    """The blocks on which this one builds, those on which they build first, each once. Raises LookupError."""
    named = {one.name: one for one in page.blocks if one.name}
    yield from _resolved(block, named, {id(block)})


def _resolved(block: Block, named: Mapping[str, Block], seen: set[int]) -> Iterator[Block]:
    for name in block.depends_on:
        if name not in named:
            raise LookupError(f"'{name}'")
        if id(named[name]) not in seen:
            seen.add(id(named[name]))
            yield from _resolved(named[name], named, seen)
            yield named[name]


def _wrong_end(block: Block, execution: Execution) -> str:
    is_to_fail = "fails" in block.attributes
    if (execution.status is Status.SUCCEEDED) != is_to_fail:
        return ""
    return "ended well, and the page says that it fails" if is_to_fail else _end(execution)


def _difference(expected: str | None, printed: str) -> str:
    if expected is None or _trimmed(expected) == _trimmed(printed):
        return ""
    lines = difflib.unified_diff(_trimmed(expected), _trimmed(printed), "the page", "printed", lineterm="")
    return "prints something else\n" + "\n".join(lines)


def _end(execution: Execution) -> str:
    stages = [stage for stage in (execution.compile, execution.run) if stage is not None]
    said = "".join(stage.stderr for stage in stages)
    words = "; ".join(remarks(execution)) or f"ended as {execution.status}"
    return f"{words}\n{said}".rstrip()


def _trimmed(text: str) -> list[str]:
    """Its lines without white space at their ends, and without empty ones at its end."""
    return [line.rstrip() for line in text.rstrip().splitlines()]
