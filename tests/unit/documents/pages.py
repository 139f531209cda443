"""The pages of the site, and their blocks of code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.docs.markdown import Block, blocks
from dev.docs.places import PAGES
from dev.paths import REPOSITORY

_REMARK = re.compile(r"^<!-- (?P<kind>not run|runs after): (?P<words>.+) -->$")


@dataclass(frozen=True, slots=True)
class Shown:
    """A block of a page, and what its author says of it in a comment above it."""

    page: str
    block: Block
    not_run: str = ""
    """Why it cannot be run; empty where it can."""
    runs_after: str = ""
    """The name of what must have been run before it."""

    def __str__(self) -> str:
        return f"{self.page}:{self.block.line}"


def shown(*languages: str) -> list[Shown]:
    """All blocks in these languages, but for those that cannot be run."""
    return [one for one in everything() if one.block.language in languages and not one.not_run]


def everything() -> Iterator[Shown]:
    """All blocks of all pages."""
    for page in pages():
        for block in blocks(page.read_text(encoding="utf-8")):
            remark = _REMARK.match(block.before)
            said = {remark["kind"].replace(" ", "_"): remark["words"]} if remark else {}
            yield Shown(str(page.relative_to(REPOSITORY)), block, **said)


def pages() -> list[Path]:
    """What the site is made of, but for what is generated."""
    return [*sorted((REPOSITORY / "docs").rglob("*.md")), *(REPOSITORY / name for name in PAGES)]
