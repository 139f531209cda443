"""The check of a documentation: its programs run, and compared with what the pages say."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from coderunner.cli.docs.blocks import Block
from coderunner.cli.docs.elements import trimmed
from coderunner.cli.docs.outcomes import outcomes
from coderunner.cli.docs.pages import Page
from coderunner.cli.docs.plain import plain
from coderunner.cli.docs.programs import Program, Programs, SetUpError
from coderunner.cli.remarks import remarks
from coderunner.errors import InvalidTask
from coderunner.status import Status

if TYPE_CHECKING:
    from coderunner.client import Client
    from coderunner.model import Execution, Language

_COMPARED_LINES = 1000


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


class _Asked(NamedTuple):
    """A block that is run."""

    page: Page
    number: int
    program: Program
    expected: str | None


async def check(client: Client, pages: Sequence[Page]) -> list[Checked]:
    """Runs every block in a language that is served, unless the page says otherwise; in the pages' order. Raises
    CodeRunnerError where the gateway is away."""
    known = {
        name: language
        for language in await client.languages()
        for name in (language.name, *language.aliases, *(one.removeprefix(".") for one in language.extensions))
    }
    looked_at = [one for page in pages for one in _looked_at(page, known)]
    asked = [one for one in looked_at if isinstance(one, _Asked)]
    ended = iter(await outcomes(client, [one.program.task for one in asked]))
    return [one if isinstance(one, Checked) else _checked(one, next(ended)) for one in looked_at]


def _looked_at(page: Page, known: Mapping[str, Language]) -> Iterator[Checked | _Asked]:
    programs = Programs(page)
    for number, block in enumerate(page.blocks):
        language = known.get(block.language.lower())
        if language is None:
            continue
        if not block.is_run:
            yield Checked(page, number)
            continue
        try:
            program = programs.program(block, language.name, next(iter(language.extensions), ""))
        except SetUpError as error:
            yield Checked(page, number, str(error))
        else:
            yield _Asked(page, number, program, programs.expected(block))


def _checked(asked: _Asked, outcome: Execution | InvalidTask) -> Checked:
    if isinstance(outcome, InvalidTask):
        return Checked(asked.page, asked.number, str(outcome))
    run = outcome.run
    printed = _own(plain(run.stdout), asked.program.mark) if run is not None else ""
    fault = _wrong_end(asked.page.blocks[asked.number], outcome)
    difference = "" if fault else _difference(asked.expected, _held(asked, printed))
    ms = run.wall_ms if run is not None else 0.0
    return Checked(asked.page, asked.number, fault or difference, printed, ms, bool(difference))


def _held(asked: _Asked, printed: str) -> str:
    """What of it the page can have, where it is recorded."""
    recording = asked.page.blocks[asked.number].recording
    return recording.holds(printed) if recording is not None and asked.expected is recording.text else printed


def _own(printed: str, mark: str) -> str:
    """What is behind the mark; all, where it is not there: the program did not come so far."""
    _, found, behind = printed.partition(f"{mark}\n")
    return behind if mark and found else printed


def _wrong_end(block: Block, execution: Execution) -> str:
    is_to_fail = "fails" in block.attributes
    if (execution.status is Status.SUCCEEDED) != is_to_fail:
        return ""
    return "ended well, and the page says that it fails" if is_to_fail else _end(execution)


def _difference(expected: str | None, printed: str) -> str:
    if expected is None or _trimmed(expected) == _trimmed(printed):
        return ""
    lines = _compared(_trimmed(expected), _trimmed(printed))
    return "prints something else\n" + "\n".join(lines)


def _compared(expected: list[str], printed: list[str]) -> Iterator[str]:
    """What differs; of much, the first line that does: to compare all takes the square of their number, or worse."""
    if max(len(expected), len(printed)) <= _COMPARED_LINES:
        yield from difflib.unified_diff(expected, printed, "the page", "printed", lineterm="")
        return
    pairs = zip_longest(expected, printed)
    number, (wanted, got) = next((at, pair) for at, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    yield f"@@ line {number} @@"
    yield from (f"{sign}{line}" for sign, line in (("-", wanted), ("+", got)) if line is not None)


def _end(execution: Execution) -> str:
    stages = [stage for stage in (execution.compile, execution.run) if stage is not None]
    said = "".join(stage.stderr for stage in stages)
    words = "; ".join(remarks(execution)) or f"ended as {execution.status}"
    return f"{words}\n{said}".rstrip()


def _trimmed(text: str) -> list[str]:
    """Its lines without white space at their ends, and without empty ones before the first and behind the last."""
    return [line.rstrip() for line in trimmed(text).splitlines()]
