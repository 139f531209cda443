"""Kept answers: calls of Execute that are answered without a run, beside the same calls that a node answers at once.

``python -m bench.cached [--quick]``: one gateway, one node that runs nothing (0 ms), callers in a process of their own;
the two ways take turns. Writes ``bench/results/cached.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from bench.dispatch.plane import Plane, PlaneSize, plane, span
from bench.figures import median, save, table

SIZE = PlaneSize(gateways=1, nodes=1, processes=1, task_loops=32)
ROUNDS, ALONE, TOGETHER = 7, 500, 4000


async def measured(made: Plane, way: str, tasks: int) -> dict[str, float]:
    before, stored = made.usage(), await made.stored()
    answer = await made.call(way, tasks)
    await made.until_stored(stored + tasks)
    used = span(tasks, before, made.usage())
    return {
        "p50_ms": answer["p50_ms"],
        "p99_ms": answer["p99_ms"],
        "per_s": answer["calls"] / answer["seconds"],
        "gateway_us": used.cpu_us["gateway"],
        "nats_us": used.cpu_us["nats"],
    }


async def rounds(count: int, alone: int, together: int) -> dict[str, dict[str, float]]:
    found: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with plane(Path(folder), SIZE) as made:
            for _ in range(count):
                for way, tasks in (
                    ("alone", alone),
                    ("cached-alone", alone),
                    ("execute", together),
                    ("cached", together),
                ):
                    found.setdefault(way, []).append(await measured(made, way, tasks))
    return {way: {name: median([one[name] for one in all_]) for name in all_[0]} for way, all_ in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    found = asyncio.run(rounds(1, 50, 200) if quick else rounds(ROUNDS, ALONE, TOGETHER))
    header = ["way", "p50 ms", "p99 ms", "calls/s", "gateway us", "nats us"]
    rows = [[way, *(f"{value:.2f}" for value in one.values())] for way, one in found.items()]
    print(table(header, rows))
    if not quick:
        save("cached.json", {way: {name: round(value, 3) for name, value in one.items()} for way, one in found.items()})


if __name__ == "__main__":
    main()
