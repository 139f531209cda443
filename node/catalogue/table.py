"""The list of all languages, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from node.catalogue.running_node import Told
from node.domain.chosen import Choice, chosen, is_default
from node.domain.language import Language

_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A language of the list; its fields are those of the JSON."""

    language: str
    title: str
    aliases: Sequence[str]
    image: str
    image_bytes: int
    """0 where it is not built, or nobody knows."""
    default: bool
    wanted: bool
    """By the node's settings, and by what was added and removed."""
    served: bool | None
    """None where no node answers."""
    version: str
    reason: str
    """Why it is not served, or not yet as it is now, where it is wanted."""


def rows(
    languages: Sequence[Language],
    named: Sequence[str],
    choice: Choice,
    told: Told | None,
    size_of: Callable[[str], int],
) -> list[Row]:
    """A row for each language."""
    to_serve = {one.id for one in chosen(languages, named, choice)}
    found = []
    for one in languages:
        said = told.get(one.id) if told is not None else None
        found.append(
            Row(
                language=one.id,
                title=one.title or one.name,
                aliases=one.aliases,
                image=one.image,
                image_bytes=size_of(one.image),
                default=is_default(one, languages),
                wanted=one.id in to_serve,
                served=None if told is None else said is not None and bool(said.version),
                version=said.version if said is not None else "",
                reason=said.reason if said is not None else "",
            )
        )
    return found


def as_json(listed: Sequence[Row]) -> str:
    """One object per language."""
    return json.dumps([asdict(row) for row in listed], indent=2, ensure_ascii=False)


def as_table(listed: Sequence[Row]) -> str:
    """Lines, with a heading."""
    heading = ("LANGUAGE", "TITLE", "IMAGE", "SERVED")
    return "\n".join(_aligned([heading, *((row.language, row.title, _built(row), _served(row)) for row in listed)]))


def _built(row: Row) -> str:
    return f"{row.image_bytes // _MIB} MiB" if row.image_bytes else "not built"


def _served(row: Row) -> str:
    if row.served:
        return f"{row.version}, as it was: {row.reason}"[:200] if row.reason else row.version
    if row.served is None:
        return "when the node runs" if row.wanted else "no"
    return f"not yet: {row.reason}"[:200] if row.wanted else "no"


def _aligned(lines: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
