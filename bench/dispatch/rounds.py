"""The rounds of the measurement: rates by way of calling, queues filled and emptied, idle nodes."""

from __future__ import annotations

from pathlib import Path

from bench.dispatch import bare_queue
from bench.dispatch.bare_queue import Bare
from bench.dispatch.child_process import Answer
from bench.dispatch.idle_nodes import IDLE, QUICK_IDLE, QUICK_SECONDS, SECONDS, idle
from bench.dispatch.plane import Plane, PlaneSize, Span, plane, span
from bench.dispatch.rows import (
    Row,
    beside_bare,
    cost_us,
    cost_us_by_step,
    cpu_us_by_part,
    rate_per_s,
    rounded,
    spans_of_steps,
)
from bench.figures import median
from tests.servers.nats import NatsServer

SIZES = (PlaneSize(1, 1, 1, 128), PlaneSize(1, 8, 2, 16), PlaneSize(1, 64, 2, 2), PlaneSize(2, 8, 2, 16))
WAYS = {"batch": 4_000, "accept": 4_000, "submit": 4_000, "execute": 4_000, "alone": 300}
"""Tasks of one round. ``batch`` submits 100 with each call, ``submit`` one; ``accept`` is ``submit`` while the nodes
take nothing, until the last call is answered; ``execute`` also waits for the result, 128
at once; ``alone`` is one call after the other, whose latency tells what dispatch adds to a program."""
ROUNDS = 3
DEPTHS = ((1_000, 7), (10_000, 3), (100_000, 1), (1_000, 7))
"""Tasks queued, and rounds. The first length comes again at the end: what changed by then is not for the length."""
STEPS = 5
DEPTH_SIZE = SIZES[1]
QUICK_SIZE = PlaneSize(1, 2, 1, 8)
QUICK_WAYS = {"batch": 200, "accept": 100, "submit": 100, "execute": 100, "alone": 20}
QUICK_DEPTHS = ((500, 1), (1_000, 1))


class DispatchBench:
    """The measurement: makes a plane for each of its tables and returns their rows."""

    def __init__(self, directory: Path, server: NatsServer, *, quick: bool) -> None:
        self._directory = directory
        self._server = server
        self._bare_messages = 500 if quick else 4_000
        self._planes = 0

    async def idle(self, *, quick: bool) -> list[Row]:
        """A plane for each number of nodes that have nothing to do."""
        sizes, seconds = (QUICK_IDLE, QUICK_SECONDS) if quick else (IDLE, SECONDS)
        rows = []
        for size in sizes:
            rows.append(await idle(self._fresh(), size, seconds))
            print(f"  {size.nodes} idle nodes: {rows[-1]['percent_of_a_core']} % of a core", flush=True)
        return rows

    async def quick(self) -> tuple[list[Row], list[Row]]:
        """One plane for both tables."""
        async with plane(self._fresh(), QUICK_SIZE) as made:
            rates = [await self._rate(made, QUICK_SIZE, way, tasks, 1) for way, tasks in QUICK_WAYS.items()]
            return rates, [await self._depth(made, tasks, rounds) for tasks, rounds in QUICK_DEPTHS]

    async def full(self) -> tuple[list[Row], list[Row]]:
        """Rates, a plane for each size; depths, one plane for all of them, so that what is kept would show."""
        rates: list[Row] = []
        for size in SIZES:
            async with plane(self._fresh(), size) as made:
                for way, tasks in WAYS.items():
                    rates.append(await self._rate(made, size, way, tasks, ROUNDS))
                    print(f"  {size.nodes} nodes, {way}: {rates[-1]['tasks_per_s']} tasks/s", flush=True)
        depths: list[Row] = []
        async with plane(self._fresh(), DEPTH_SIZE) as made:
            for tasks, rounds in DEPTHS:
                depths.append(await self._depth(made, tasks, rounds))
                print(f"  {tasks} queued: {depths[-1]['us_per_task']} us of processor per task", flush=True)
        return rates, depths

    async def _rate(self, made: Plane, size: PlaneSize, way: str, tasks: int, rounds: int) -> Row:
        """From the callers to the stored results, as fast as it goes."""
        spans, bare, latency = [], [await self._bare()], []
        for _ in range(rounds):
            stored = await made.stored()
            if way == "accept":
                one, called = await self._accept(made, tasks)
            else:
                one, called = await self._through(made, way, tasks)
            await made.until_stored(stored + tasks)
            spans.append(one)
            latency.append(called)
            bare.append(await self._bare())
        return {
            "gateways": size.gateways,
            "nodes": size.nodes,
            "way": way,
            **beside_bare(spans, bare, size),
            "call_p50_ms": round(median([one["p50_ms"] for one in latency]), 1),
        }

    async def _accept(self, made: Plane, tasks: int) -> tuple[Span, Answer]:
        """What it takes to accept tasks, and nothing else: the nodes take them afterwards."""
        await made.hold()
        before = made.usage()
        called = await made.call("submit", tasks)
        accepted = span(tasks, before, made.usage())
        await made.go()
        return accepted, called

    async def _through(self, made: Plane, way: str, tasks: int) -> tuple[Span, Answer]:
        stored, before = await made.stored(), made.usage()
        called = await made.call(way, tasks)
        await made.until_stored(stored + tasks)
        return span(tasks, before, made.usage()), called

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
            fills.append(spans_of_steps(tasks, fill))
            drains.append(spans_of_steps(tasks, drain))
            bare.append(await self._bare())
        us_per_task = round(median([cost_us(a) + cost_us(b) for a, b in zip(fills, drains, strict=True)]))
        bare_us = round(median([one.cpu_us for one in bare]))
        return {
            "queued": tasks,
            "fill_per_s": round(median([rate_per_s(steps) for steps in fills])),
            "drain_per_s": round(median([rate_per_s(steps) for steps in drains])),
            "bare_per_s": round(median([one.per_s for one in bare])),
            "us_per_task": us_per_task,
            "bare_us": bare_us,
            "times_bare": round(us_per_task / bare_us, 1),
            "fill_us": cpu_us_by_part([step for steps in fills for step in steps]),
            "drain_us": cpu_us_by_part([step for steps in drains for step in steps]),
            "fill_us_by_step": cost_us_by_step(fills),
            "drain_us_by_step": cost_us_by_step(drains),
            "rss_mib_before": rounded(before.rss_mib),
            "rss_mib_full": rounded(fill[-1].rss_mib),
            "rss_mib_empty": rounded(drain[-1].rss_mib),
            "disk_bytes_per_task": await made.disk_bytes_per_task(),
        }

    async def _bare(self) -> Bare:
        return await bare_queue.measure(self._server, self._bare_messages)

    def _fresh(self) -> Path:
        self._planes += 1
        fresh = self._directory / f"plane-{self._planes}"
        fresh.mkdir()
        return fresh
