"""Ten minutes at 80 % of what the machine can do: whether memory, descriptors, containers and latency stay flat.

``python -m bench.soak [--quick]``: writes ``bench/results/soak.json``. A stack of its own, with a real node: Python
programs, each another source, at a steady pace whoever is late.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import uvloop

from bench.figures import median, percentile, save, table
from bench.programs import PROGRAMS
from bench.throughput import rate
from coderunner import Client, QueueFull
from dev import engine_api
from tests.servers import EtcdServer, NatsServer
from tests.servers.process import ServerProcess
from tests.servers.stack import Stack

LANGUAGE = "python"
SECONDS, QUICK_SECONDS = 600.0, 6.0
WINDOWS = 20
SATURATING, SATURATED_S = 8, 10.0
LOAD = 0.8
_TEXT = PROGRAMS[0].source


@dataclass
class Window:
    """What was seen in one twentieth of the time."""

    ms: list[float]
    refused: int
    """Because too many waited already: the machine had become slower."""
    parts: dict[str, dict[str, int]] = field(default_factory=dict)
    containers: int = 0

    def row(self, at: int) -> dict[str, Any]:
        return {
            "window": at,
            "tasks": len(self.ms),
            "refused": self.refused,
            "p50_ms": round(median(self.ms), 1),
            "p95_ms": round(percentile(self.ms, 95), 1),
            "containers": self.containers,
            **{f"{name}_{what}": value for name, seen in self.parts.items() for what, value in seen.items()},
        }


async def run_ms(client: Client) -> float:
    started = time.perf_counter()
    execution = await client.run(LANGUAGE, _TEXT.replace("%d", str(random.randrange(10**12))))
    if execution.status != "SUCCEEDED":
        raise RuntimeError(f"{execution.status} {execution.error}")
    return (time.perf_counter() - started) * 1e3


async def saturation(client: Client, seconds: float) -> float:
    """Tasks per second with as many callers as keep it busy."""
    return await rate(lambda: run_ms(client), seconds, SATURATING)


async def paced(client: Client, per_s: float, seconds: float) -> Window:
    """Begins so many a second, whoever is late."""
    began, running = time.perf_counter(), []
    for number in range(int(per_s * seconds)):
        await asyncio.sleep(max(0.0, began + number / per_s - time.perf_counter()))
        running.append(asyncio.create_task(run_ms(client)))
    ended = await asyncio.gather(*running, return_exceptions=True)
    if broken := [one for one in ended if isinstance(one, BaseException) and not isinstance(one, QueueFull)]:
        raise broken[0]
    ms = [one for one in ended if isinstance(one, float)]
    return Window(ms, refused=len(ended) - len(ms))


def seen(parts: Sequence[ServerProcess]) -> dict[str, dict[str, int]]:
    """Memory in KiB and open descriptors of each part."""
    processes = {part.name.partition("-")[0]: psutil.Process(part.pid) for part in parts}
    return {
        name: {"kib": process.memory_info().rss >> 10, "fds": process.num_fds()} for name, process in processes.items()
    }


async def soak(stack: Stack, node_id: str, seconds: float) -> tuple[float, list[dict[str, Any]]]:
    rows = []
    async with stack.client() as client:
        await saturation(client, 2.0)
        most = await saturation(client, min(SATURATED_S, seconds / 2))
        for at in range(WINDOWS):
            window = await paced(client, LOAD * most, seconds / WINDOWS)
            window.parts = seen(stack.processes)
            window.containers = len(await asyncio.to_thread(engine_api.containers, f"coderunner.node={node_id}"))
            rows.append(window.row(at))
    return most, rows


def drift(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The median of the last quarter by that of the second: the first warms up."""
    quarter = len(rows) // 4
    second, last = rows[quarter : 2 * quarter], rows[-quarter:]
    named = [name for name in rows[0] if name not in ("window", "tasks", "refused")]
    return {
        name: round(median([row[name] for row in last]) / max(median([row[name] for row in second]), 1e-9), 3)
        for name in named
    }


async def main(quick: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
        try:
            for server in (*stack.nats.members, *stack.etcd.members):
                server.start()
            history = f"sqlite:///{directory}/history.db"
            stack.add_gateway(history_url=history, history_migrate=True)
            node = stack.add_node(languages=[LANGUAGE])
            await stack.wait_served(LANGUAGE)
            most, rows = await soak(stack, node.name, QUICK_SECONDS if quick else SECONDS)
        finally:
            stack.close()
    print(table(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))
    drifts = drift(rows)
    print(f"{most:.0f}/s at most, {LOAD * most:.0f}/s for {WINDOWS} windows; last quarter by second: {drifts}")
    if not quick:
        load = os.getloadavg()[0]
        save("soak.json", {"load": load, "most_per_s": round(most, 1), "drift": drifts, "rows": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a few seconds, for correctness; writes nothing")
    uvloop.run(main(parser.parse_args().quick))
