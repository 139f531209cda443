"""The API over HTTP beside the one over gRPC: calls a second, and what a call costs.

    python -m bench.http [--quick]

One gateway and one node that runs nothing; short rounds of both take turns, so that a machine that is busy for a while
is so for both. The callers' own work is not counted in the cost. Writes ``bench/results/http.json``.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path

import uvloop

from bench.dispatch.plane import Plane, PlaneSize, Span, plane, span
from bench.dispatch.rows import Row, cpu_us_by_part, printed
from bench.figures import median, save

SIZE = PlaneSize(1, 1, 1, 128)
WAYS = {"submit": 2_000, "execute": 1_500, "batch": 3_000, "alone": 200}
"""Tasks of a round."""
ROUNDS = 9
QUICK_WAYS, QUICK_ROUNDS = {"submit": 100, "execute": 50, "batch": 200, "alone": 10}, 1


async def main(quick: bool) -> None:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as directory:
        async with plane(Path(directory), SIZE) as made:
            for way, tasks in (QUICK_WAYS if quick else WAYS).items():
                rows += await _compared(made, way, tasks, QUICK_ROUNDS if quick else ROUNDS)
    print(printed(rows))
    if not quick:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_average": os.getloadavg()}
        save("http.json", {"machine": machine, "rounds": ROUNDS, "rows": rows})


async def _compared(made: Plane, way: str, tasks: int, rounds: int) -> list[Row]:
    spans: dict[str, list[tuple[Span, float]]] = {way: [], f"http-{way}": []}
    for number in range(rounds):
        for name in sorted(spans, reverse=bool(number % 2)):
            spans[name].append(await _round(made, name, tasks))
    base = spans[way]
    return [_row(name, of, base) for name, of in spans.items()]


async def _round(made: Plane, way: str, tasks: int) -> tuple[Span, float]:
    """What the round took until the last call was answered, and the calls' median in milliseconds."""
    stored, before = await made.stored(), made.usage()
    called = await made.call(way, tasks)
    answered = span(tasks, before, made.usage())
    await made.until_stored(stored + tasks)
    return answered, called["p50_ms"]


def _row(name: str, spans: list[tuple[Span, float]], base: list[tuple[Span, float]]) -> Row:
    """``times_grpc``: the median of the rounds' own ratios of tasks a second, each beside the round next to it."""
    ratios = [one.per_s / other.per_s for (one, _), (other, _) in zip(spans, base, strict=True)]
    return {
        "way": name,
        "tasks_per_s": round(median([one.per_s for one, _ in spans])),
        "times_grpc": round(median(ratios), 2),
        "times_grpc_least": round(min(ratios), 2),
        "times_grpc_most": round(max(ratios), 2),
        "call_p50_ms": round(median([p50 for _, p50 in spans]), 2),
        "us_by_part": cpu_us_by_part([one for one, _ in spans]),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one small round, for correctness; writes nothing")
    uvloop.run(main(parser.parse_args().quick))
