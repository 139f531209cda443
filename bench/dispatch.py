"""The dispatch plane: gateway, bus, node and result with nothing run in between.

    python -m bench.dispatch [--quick]

Writes ``bench/results/dispatch.json``. Each row stands beside a bare JetStream loop that was measured just before and
after it, because the machine may be busy: the ratio and the processor time per task are what can be compared.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from bench import dispatch_bare
from bench.dispatch_bare import Bare
from bench.dispatch_plane import Plane, Shape, Span, plane, span
from bench.figures import median, save, table
from tests.servers.nats import NatsServer

Row = dict[str, Any]

SHAPES = (Shape(1, 1, 1, 128), Shape(1, 8, 2, 16), Shape(1, 64, 2, 2), Shape(2, 8, 2, 16))
QUICK_SHAPES = (Shape(1, 2, 1, 8),)
WAYS = ("batch", "submit", "execute")
DEPTHS = {1_000: 5, 10_000: 3, 100_000: 1}
"""Tasks queued, and rounds."""
QUICK_DEPTHS = {200: 1, 1_000: 1}
DEPTH_SHAPE = Shape(1, 8, 2, 16)


class Bench:
    def __init__(self, directory: Path, server: NatsServer, *, quick: bool) -> None:
        self._directory = directory
        self._server = server
        self._quick = quick
        self._planes = 0

    async def rates(self) -> list[Row]:
        """Tasks from the callers to their stored results, as fast as it goes."""
        rows = []
        for shape in QUICK_SHAPES if self._quick else SHAPES:
            async with plane(self._fresh(), shape) as made:
                for way in WAYS:
                    rows.append(await self._rate(made, shape, way))
                    print(f"  {shape.nodes} nodes, {way}: {rows[-1]['tasks_per_s']} tasks/s", flush=True)
        return rows

    async def depths(self) -> list[Row]:
        """The same plane all the time: filled while the nodes take nothing, then emptied."""
        rows = []
        async with plane(self._fresh(), QUICK_SHAPES[0] if self._quick else DEPTH_SHAPE) as made:
            for tasks, rounds in (QUICK_DEPTHS if self._quick else DEPTHS).items():
                rows.append(await self._depth(made, tasks, rounds))
                print(f"  {tasks} queued: {rows[-1]['us_per_task']} us of processor per task", flush=True)
        return rows

    async def _rate(self, made: Plane, shape: Shape, way: str) -> Row:
        tasks, rounds = (300, 1) if self._quick else (4_000, 3)
        spans, bare, latency = [], [await self._bare()], []
        for _ in range(rounds):
            stored, before = await made.stored(), made.usage()
            latency.append(await made.call(way, tasks))
            await made.until_stored(stored + tasks)
            spans.append(span(tasks, before, made.usage()))
            bare.append(await self._bare())
        return {
            "gateways": shape.gateways,
            "nodes": shape.nodes,
            "way": way,
            **_beside(spans, bare),
            "call_p50_ms": round(median([one["p50_ms"] for one in latency]), 1),
        }

    async def _depth(self, made: Plane, tasks: int, rounds: int) -> Row:
        fills, drains, bare = [], [], [await self._bare()]
        for _ in range(rounds):
            await made.hold()
            stored, before = await made.stored(), made.usage()
            await made.call("batch", tasks)
            full = made.usage()
            fills.append(span(tasks, before, full))
            await made.go()
            await made.until_stored(stored + tasks)
            empty = made.usage()
            drains.append(span(tasks, full, empty))
            bare.append(await self._bare())
        fill, drain = _parts(fills), _parts(drains)
        return {
            "queued": tasks,
            "fill_per_s": round(median([one.per_s for one in fills])),
            "drain_per_s": round(median([one.per_s for one in drains])),
            "bare_per_s": round(median([one.per_s for one in bare])),
            "us_per_task": round(median([a.all_us + b.all_us for a, b in zip(fills, drains, strict=True)])),
            "bare_us": round(median([one.cpu_us for one in bare])),
            "fill_us": fill,
            "drain_us": drain,
            "rss_mib_before": _rounded(before.rss_mib),
            "rss_mib_full": _rounded(full.rss_mib),
            "rss_mib_empty": _rounded(empty.rss_mib),
        }

    async def _bare(self) -> Bare:
        return await dispatch_bare.measure(self._server, 500 if self._quick else 4_000)

    def _fresh(self) -> Path:
        self._planes += 1
        fresh = self._directory / f"plane-{self._planes}"
        fresh.mkdir()
        return fresh


def _beside(spans: Sequence[Span], bare: Sequence[Bare]) -> Row:
    """``quiet_per_s`` is what two idle cores could do by processor time alone: all of it shared, or the busiest process
    filling one of them."""
    parts = _parts(spans)
    rate, bare_rate = median([one.per_s for one in spans]), median([one.per_s for one in bare])
    return {
        "tasks_per_s": round(rate),
        "bare_per_s": round(bare_rate),
        "ratio": round(rate / bare_rate, 3),
        "us_per_task": round(median([one.all_us for one in spans])),
        "bare_us": round(median([one.cpu_us for one in bare])),
        "us_by_part": parts,
    }


def _parts(spans: Sequence[Span]) -> dict[str, int]:
    return {part: round(median([one.cpu_us[part] for one in spans])) for part in spans[0].cpu_us}


def _rounded(values: Any) -> dict[str, float]:
    return {part: round(value, 1) for part, value in values.items()}


def printed(rows: Sequence[Row]) -> str:
    """Columns for the plain values; nested ones follow, named ``part us``."""
    flat = [_flat(row) for row in rows]
    return table(list(flat[0]), [[str(value) for value in row.values()] for row in flat])


def _flat(row: Row) -> Row:
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat[name] = "/".join(str(round(one)) for one in value.values())
        else:
            flat[name] = value
    return flat


async def main(quick: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:
        server = NatsServer(Path(directory), name="bare-nats")
        server.start()
        try:
            bench = Bench(Path(directory), server, quick=quick)
            rates = await bench.rates()
            depths = await bench.depths()
        finally:
            server.stop()
    print("\nus_by_part and rss: callers/gateway/nats/etcd/node")
    print(printed(rates) + "\n")
    print(printed(depths))
    if not quick:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_average": os.getloadavg()}
        save("dispatch.json", {"machine": machine, "rates": rates, "depths": depths})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one small round, for correctness; writes nothing")
    uvloop.run(main(parser.parse_args().quick))
