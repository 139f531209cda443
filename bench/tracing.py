"""What tracing costs the dispatch plane: off, as it is set, and with every task traced; and off once more, which tells
what is noise.

    python -m bench.tracing [--quick]

Four planes stand side by side, and short rounds go round them, so that a machine that is busy for a while is so for all
of them. Processor time per task is that of gateway, bus and node; the collector, which takes all and keeps nothing,
is in the measuring process. Writes ``bench/results/tracing.json``.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from bench.dispatch.plane import Plane, PlaneSize, Span, plane, span
from bench.dispatch.rows import Row, cpu_us_by_part, printed
from bench.figures import median, save

SIZE = PlaneSize(1, 1, 1, 128)
WAYS = {"submit": 600, "batch": 1_500}
ROUNDS = 12
QUICK_WAYS, QUICK_ROUNDS = {"submit": 100, "batch": 200}, 1
ALL_PER_S = 1e6


async def main(quick: bool) -> None:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as directory:
        async with AsyncExitStack() as stack:
            url = await _collector(stack)
            traced = {"tracing_endpoint": url}
            settings: dict[str, dict[str, Any]] = {
                "off": {},
                "off, too": {},
                "as set": traced,
                "all": {**traced, "tracing_per_s": ALL_PER_S},
            }
            planes: dict[str, Plane] = {}
            for name, gateway in settings.items():
                place = Path(directory) / str(len(planes))
                place.mkdir()
                of_nodes = traced if gateway else {}
                planes[name] = await stack.enter_async_context(plane(place, SIZE, of_nodes, **gateway))
            for way, tasks in (QUICK_WAYS if quick else WAYS).items():
                rows += await _compared(planes, way, tasks, QUICK_ROUNDS if quick else ROUNDS)
    print(printed(rows))
    if not quick:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_average": os.getloadavg()}
        save("tracing.json", {"machine": machine, "rounds": ROUNDS, "rows": rows})


async def _collector(stack: AsyncExitStack) -> str:
    """The URL of a collector that forgets."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    application = web.Application(client_max_size=64 << 20)
    application.router.add_post("/v1/traces", take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


async def _compared(planes: dict[str, Plane], way: str, tasks: int, rounds: int) -> list[Row]:
    spans: dict[str, list[Span]] = {name: [] for name in planes}
    for number in range(rounds):
        first = number % len(planes)
        order = [*list(planes)[first:], *list(planes)[:first]]
        for name in order:
            spans[name].append(await _round(planes[name], way, tasks))
    base = spans["off"]
    return [_row(way, name, of, base) for name, of in spans.items()]


async def _round(made: Plane, way: str, tasks: int) -> Span:
    stored, before = await made.stored(), made.usage()
    await made.call(way, tasks)
    await made.until_stored(stored + tasks)
    return span(tasks, before, made.usage())


def _row(way: str, name: str, spans: list[Span], base: list[Span]) -> Row:
    """``times_off``: the median of the rounds' own ratios, each beside the round of the first plane next to it."""
    ratios = [one.all_us / other.all_us for one, other in zip(spans, base, strict=True)]
    return {
        "way": way,
        "tracing": name,
        "tasks_per_s": round(median([one.per_s for one in spans])),
        "us_per_task": round(median([one.all_us for one in spans])),
        "times_off": round(median(ratios), 3),
        "times_off_least": round(min(ratios), 3),
        "times_off_most": round(max(ratios), 3),
        "us_by_part": cpu_us_by_part(spans),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one small round, for correctness; writes nothing")
    uvloop.run(main(parser.parse_args().quick))
