"""Tables of text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

_WIDEST = 48


def render(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table as lines: words to the left, numbers to the right, cells that are too wide cut."""
    table = [list(headings), *([_fit(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    lines = ["  ".join(_align(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _fit(cell: str) -> str:
    return cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…"


def _align(cell: str, width: int) -> str:
    is_number = cell[:1].isdigit() and cell.count(".") <= 1
    return cell.rjust(width) if is_number else cell.ljust(width)
