"""The cost of nodes that have nothing to do: signs of life, waiting pulls and heartbeats; and how long they take to be
there when all of them come at once, at their start and after the bus was gone."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from bench.dispatch.plane import Plane, PlaneSize, Usage, plane

IDLE = tuple(PlaneSize(1, nodes, 2, 2) for nodes in (100, 300, 1_000))
SECONDS = 60.0
"""Twelve heartbeats of each node, twenty renewals of its waiting pulls."""
QUICK_IDLE = (PlaneSize(1, 2, 1, 2),)
QUICK_SECONDS = 2.0
TASKS = 1_000
"""That show that the bus is back."""


async def idle(directory: Path, size: PlaneSize, seconds: float) -> dict[str, Any]:
    """One row. ``start_s``: from nothing, all parts, until 400 tasks have been run; ``back_s``: from kill -9 of the bus
    until 1,000 tasks have been run; per cents of a core and MiB, by part, while nothing is asked of the nodes for so
    many seconds."""
    began = time.perf_counter()
    async with plane(directory, size) as made:
        start_s = time.perf_counter() - began
        await _come_to_rest(made, size)
        before = made.usage()
        await asyncio.sleep(seconds)
        spent = _spent(before, made.usage())
        times = {"start_s": round(start_s, 1), "back_s": round(await _back(made), 1)}
        return {"nodes": size.nodes, "gateways": size.gateways, **times, **spent}


async def _come_to_rest(made: Plane, size: PlaneSize) -> None:
    """Announcing many nodes at once is work; it is over when a while costs as much as the one before, or less."""
    last = float("inf")
    while True:
        before = made.usage()
        await asyncio.sleep(5 + size.nodes / 100)
        spent = sum(_percent(before, made.usage()).values())
        if spent >= last * 0.9:
            return
        last = spent


async def _back(made: Plane) -> float:
    stored, began = await made.stored(), time.perf_counter()
    await made.crash_bus()
    await made.call("batch", TASKS)
    await made.until_stored(stored + TASKS)
    return time.perf_counter() - began


def _spent(before: Usage, after: Usage) -> dict[str, Any]:
    percent = {part: round(value, 2) for part, value in _percent(before, after).items()}
    return {"percent_of_a_core": percent, "rss_mib": {part: round(mib, 1) for part, mib in after.rss_mib.items()}}


def _percent(before: Usage, after: Usage) -> dict[str, float]:
    seconds = after.at - before.at
    return {part: (after.cpu_s[part] - before.cpu_s[part]) / seconds * 100 for part in after.cpu_s}
