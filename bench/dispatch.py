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
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import uvloop

from bench import dispatch_bare
from bench.dispatch_bare import Bare
from bench.dispatch_idle import IDLE, QUICK_IDLE, QUICK_SECONDS, SECONDS, idle
from bench.dispatch_plane import Plane, Shape, Span, Usage, plane, span
from bench.figures import median, save, table
from tests.servers.nats import NatsServer

Row = dict[str, Any]

SHAPES = (Shape(1, 1, 1, 128), Shape(1, 8, 2, 16), Shape(1, 64, 2, 2), Shape(2, 8, 2, 16))
WAYS = {"batch": 4_000, "submit": 4_000, "execute": 4_000, "alone": 300}
"""Tasks of one round. ``batch`` submits 100 with each call, ``submit`` one; ``execute`` also waits for the result, 128
at once; ``alone`` is one call after the other, whose latency tells what dispatch adds to a program."""
ROUNDS = 3
DEPTHS = ((1_000, 7), (10_000, 3), (100_000, 1), (1_000, 7))
"""Tasks queued, and rounds. The first length comes again at the end: what changed by then is not for the length."""
STEPS = 5
DEPTH_SHAPE = SHAPES[1]
QUICK_SHAPE = Shape(1, 2, 1, 8)
QUICK_WAYS = {"batch": 200, "submit": 100, "execute": 100, "alone": 20}
QUICK_DEPTHS = ((500, 1), (1_000, 1))
CORES = 2


class Bench:
    def __init__(self, directory: Path, server: NatsServer, *, quick: bool) -> None:
        self._directory = directory
        self._server = server
        self._bare_messages = 500 if quick else 4_000
        self._planes = 0

    async def idle(self, *, quick: bool) -> list[Row]:
        """A plane for each number of nodes that have nothing to do."""
        shapes, seconds = (QUICK_IDLE, QUICK_SECONDS) if quick else (IDLE, SECONDS)
        rows = []
        for shape in shapes:
            rows.append(await idle(self._fresh(), shape, seconds))
            print(f"  {shape.nodes} idle nodes: {rows[-1]['percent_of_a_core']} % of a core", flush=True)
        return rows

    async def quick(self) -> tuple[list[Row], list[Row]]:
        """One plane for both tables."""
        async with plane(self._fresh(), QUICK_SHAPE) as made:
            rates = [await self._rate(made, QUICK_SHAPE, way, tasks, 1) for way, tasks in QUICK_WAYS.items()]
            return rates, [await self._depth(made, tasks, rounds) for tasks, rounds in QUICK_DEPTHS]

    async def full(self) -> tuple[list[Row], list[Row]]:
        """Rates, a plane for each shape; depths, one plane for all of them, so that what is kept would show."""
        rates: list[Row] = []
        for shape in SHAPES:
            async with plane(self._fresh(), shape) as made:
                for way, tasks in WAYS.items():
                    rates.append(await self._rate(made, shape, way, tasks, ROUNDS))
                    print(f"  {shape.nodes} nodes, {way}: {rates[-1]['tasks_per_s']} tasks/s", flush=True)
        depths: list[Row] = []
        async with plane(self._fresh(), DEPTH_SHAPE) as made:
            for tasks, rounds in DEPTHS:
                depths.append(await self._depth(made, tasks, rounds))
                print(f"  {tasks} queued: {depths[-1]['us_per_task']} us of processor per task", flush=True)
        return rates, depths

    async def _rate(self, made: Plane, shape: Shape, way: str, tasks: int, rounds: int) -> Row:
        """From the callers to the stored results, as fast as it goes."""
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
            **_beside(spans, bare, shape),
            "call_p50_ms": round(median([one["p50_ms"] for one in latency]), 1),
        }

    async def _depth(self, made: Plane, tasks: int, rounds: int) -> Row:
        """Filled while the nodes take nothing, then emptied; both in steps, whose costs tell whether length matters."""
        fills, drains, bare = [], [], [await self._bare()]
        before = made.usage()
        for _ in range(rounds):
            await made.hold()
            stored = await made.stored()
            fill = [made.usage()]
            for _step in range(STEPS):
                await made.call("batch", tasks // STEPS)
                fill.append(made.usage())
            await made.go()
            drain = [fill[-1]]
            for step in range(1, STEPS + 1):
                await made.until_stored(stored + tasks * step // STEPS)
                drain.append(made.usage())
            fills.append(_steps(tasks, fill))
            drains.append(_steps(tasks, drain))
            bare.append(await self._bare())
        us_per_task = round(median([_cost(a) + _cost(b) for a, b in zip(fills, drains, strict=True)]))
        bare_us = round(median([one.cpu_us for one in bare]))
        return {
            "queued": tasks,
            "fill_per_s": round(median([_rate(steps) for steps in fills])),
            "drain_per_s": round(median([_rate(steps) for steps in drains])),
            "bare_per_s": round(median([one.per_s for one in bare])),
            "us_per_task": us_per_task,
            "bare_us": bare_us,
            "times_bare": round(us_per_task / bare_us, 1),
            "fill_us": _parts([step for steps in fills for step in steps]),
            "drain_us": _parts([step for steps in drains for step in steps]),
            "fill_us_by_step": _by_step(fills),
            "drain_us_by_step": _by_step(drains),
            "rss_mib_before": _rounded(before.rss_mib),
            "rss_mib_full": _rounded(fill[-1].rss_mib),
            "rss_mib_empty": _rounded(drain[-1].rss_mib),
            "disk_bytes_per_task": await made.disk_bytes_per_task(),
        }

    async def _bare(self) -> Bare:
        return await dispatch_bare.measure(self._server, self._bare_messages)

    def _fresh(self) -> Path:
        self._planes += 1
        fresh = self._directory / f"plane-{self._planes}"
        fresh.mkdir()
        return fresh


def _steps(tasks: int, usages: Sequence[Usage]) -> list[Span]:
    return [span(tasks // STEPS, before, after) for before, after in pairwise(usages)]


def _rate(steps: Sequence[Span]) -> float:
    return sum(one.tasks for one in steps) / sum(one.seconds for one in steps)


def _cost(steps: Sequence[Span]) -> float:
    return sum(one.all_us for one in steps) / len(steps)


def _by_step(rounds: Sequence[Sequence[Span]]) -> list[int]:
    return [round(median([steps[at].all_us for steps in rounds])) for at in range(STEPS)]


def _beside(spans: Sequence[Span], bare: Sequence[Bare], shape: Shape) -> Row:
    parts = _parts(spans)
    rate, bare_rate = median([one.per_s for one in spans]), median([one.per_s for one in bare])
    return {
        "tasks_per_s": round(rate),
        "bare_per_s": round(bare_rate),
        "ratio": round(rate / bare_rate, 3),
        "us_per_task": round(median([one.all_us for one in spans])),
        "bare_us": round(median([one.cpu_us for one in bare])),
        "us_by_part": parts,
        "bound_per_s": _bound(parts, shape),
    }


def _bound(parts: Mapping[str, int], shape: Shape) -> int:
    """Tasks per second at which two cores, or the busiest Python process, have no processor time left: reckoned, not
    measured. What a busy machine adds to the processor time is in it."""
    busiest_us = max(parts["gateway"] / shape.gateways, parts["node"] / shape.processes, parts["callers"])
    return round(min(CORES * 1e6 / sum(parts.values()), 1e6 / busiest_us))


def _parts(spans: Sequence[Span]) -> dict[str, int]:
    return {part: round(median([one.cpu_us[part] for one in spans])) for part in spans[0].cpu_us}


def _rounded(values: Any) -> dict[str, float]:
    return {part: round(value, 1) for part, value in values.items()}


def printed(rows: Sequence[Row]) -> str:
    """Values by part stand in one cell."""
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


async def main(quick: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:
        server = NatsServer(Path(directory), name="bare-nats")
        server.start()
        try:
            bench = Bench(Path(directory), server, quick=quick)
            rates, depths = await (bench.quick() if quick else bench.full())
            resting = await bench.idle(quick=quick)
        finally:
            server.stop()
    print("processor time (us per task) and memory (MiB) of callers/gateway/nats/etcd/nodes")
    print(f"{printed(rates)}\n\n{printed(depths)}\n\n{printed(resting)}")
    if not quick:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_average": os.getloadavg()}
        save("dispatch.json", {"machine": machine, "rates": rates, "depths": depths, "idle": resting})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one small round, for correctness; writes nothing")
    uvloop.run(main(parser.parse_args().quick))
