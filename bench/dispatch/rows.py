"""The rows of the tables, computed from what the rounds used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from bench.dispatch.bare_queue import Bare
from bench.dispatch.plane import PlaneSize, Span, Usage, span
from bench.figures import median, table

Row = dict[str, Any]
_CORES = 2


def spans_of_steps(tasks: int, usages: Sequence[Usage]) -> list[Span]:
    """The spans between the usages, which were taken after equal parts of ``tasks``."""
    return [span(tasks // (len(usages) - 1), before, after) for before, after in pairwise(usages)]


def rate_per_s(steps: Sequence[Span]) -> float:
    """Tasks per second, all steps together."""
    return sum(one.tasks for one in steps) / sum(one.seconds for one in steps)


def cost_us(steps: Sequence[Span]) -> float:
    """Processor time per task, the mean of the steps."""
    return sum(one.all_us for one in steps) / len(steps)


def cost_us_by_step(rounds: Sequence[Sequence[Span]]) -> list[int]:
    """Processor time per task at each step, the median of the rounds."""
    return [round(median([steps[at].all_us for steps in rounds])) for at in range(len(rounds[0]))]


def beside_bare(spans: Sequence[Span], bare: Sequence[Bare], size: PlaneSize) -> Row:
    """The rate and cost of some rounds beside those of the bare queue, as columns of a row."""
    parts = cpu_us_by_part(spans)
    rate, bare_rate = median([one.per_s for one in spans]), median([one.per_s for one in bare])
    return {
        "tasks_per_s": round(rate),
        "bare_per_s": round(bare_rate),
        "ratio": round(rate / bare_rate, 3),
        "us_per_task": round(median([one.all_us for one in spans])),
        "bare_us": round(median([one.cpu_us for one in bare])),
        "us_by_part": parts,
        "bound_per_s": _bound(parts, size),
    }


def _bound(parts: Mapping[str, int], size: PlaneSize) -> int:
    """Tasks per second at which two cores, or the busiest Python process, have no processor time left: computed, not
    measured. What a busy machine adds to the processor time is in it."""
    busiest_us = max(parts["gateway"] / size.gateways, parts["node"] / size.processes, parts["callers"])
    return round(min(_CORES * 1e6 / sum(parts.values()), 1e6 / busiest_us))


def cpu_us_by_part(spans: Sequence[Span]) -> dict[str, int]:
    """Processor time per task of each part, the median of the spans."""
    return {part: round(median([one.cpu_us[part] for one in spans])) for part in spans[0].cpu_us}


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """The values of the parts with one decimal."""
    return {part: round(value, 1) for part, value in values.items()}


def printed(rows: Sequence[Row]) -> str:
    """The rows as a table for the terminal; values by part stand in one cell."""
    flat = [_flat(row) for row in rows]
    return table(list(flat[0]), [[str(value) for value in row.values()] for row in flat])


def _flat(row: Row) -> Row:
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat[name] = "/".join(f"{one:.3g}" for one in value.values())
        elif isinstance(value, list):
            flat[name] = " ".join(map(str, value))
        else:
            flat[name] = value
    return flat
