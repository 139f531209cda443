"""Tables of aligned text, and how their cells are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from coderunner.cli.printable import Coloured, printable

_GAP = "  "


def table(header: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> str:
    """A table whose columns are as wide as their widest cell; those named in ``right`` are aligned to the right. What
    is not ``Coloured`` by us is spelled out."""
    cells = [[click.style(name, bold=True) for name in header], *([_cell(cell) for cell in row] for row in rows)]
    plain = [[click.unstyle(cell) for cell in row] for row in cells]
    widths = [max(len(row[column]) for row in plain) for column in range(len(header))]
    lines = []
    for row, bare in zip(cells, plain, strict=True):
        padded = [
            " " * (width - len(text)) + cell if name in right else cell + " " * (width - len(text))
            for cell, text, width, name in zip(row, bare, widths, header, strict=True)
        ]
        lines.append(_GAP.join(padded).rstrip())
    return "\n".join(lines)


def _cell(value: object) -> str:
    return value if isinstance(value, Coloured) else printable(str(value))


def mebibytes(number: int) -> str:
    """Bytes as MiB with one decimal."""
    return f"{number / (1 << 20):.1f} MiB"


def milliseconds(number: float) -> str:
    """Milliseconds, with a decimal where they are few."""
    return f"{number:.1f}" if number < 10 else f"{number:.0f}"


def local_time(unix_ms: int) -> str:
    """Local date and time to the second; ``-`` for 0."""
    if not unix_ms:
        return "-"
    return datetime.fromtimestamp(unix_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def one_line(text: str, max_chars: int = 60) -> str:
    """The text on one line, control characters spelled out, cut to ``max_chars`` characters."""
    spelled = printable(text.rstrip("\n"))
    return spelled if len(spelled) <= max_chars else spelled[: max_chars - 1] + "…"
