"""Percentiles, tables and result files."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

RESULTS = Path(__file__).with_name("results")


def percentile(values: list[float], p: float) -> float:
    """The nearest-rank percentile; ``p`` is 0 to 100."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))]


def median(values: list[float]) -> float:
    return statistics.median(values)


def table(header: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[at]) for row in [header, *rows]) for at in range(len(header))]

    def line(row: list[str]) -> str:
        cells = [
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(cells)

    return "\n".join([line(header), line(["-" * width for width in widths]), *(line(row) for row in rows)])


def save(name: str, content: object) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / name
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path
