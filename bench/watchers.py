"""Idle watchers on one gateway: what each costs it, and whether anybody else notices.

``python -m bench.watchers [--quick]``: writes ``bench/results/watchers.json``. All watch tasks that run and say
nothing; the same gateway runs small tasks meanwhile. Nothing is run in between (a simulated node).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import psutil
import uvloop

from bench.figures import median, percentile, save, table
from coderunner import Client
from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import execution_pb2_grpc as rpc
from tests.servers import EtcdServer, NatsServer
from tests.servers.stack import Gateway, Stack

LANGUAGE = "python"
LONG = {"SIMULATED_RUN_MS": "3600000"}
STEPS = (0, 1_000, 2_500, 5_000, 10_000)
PER_CHANNEL = 100
IDLE_S = 10.0
RUNS = 200
_OPEN_AT_ONCE = 25


class Watchers:
    """Calls of Watch, each with its first answer, spread over connections."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._channels: list[grpc.aio.Channel] = []
        self._calls: list[Any] = []

    async def grow(self, count: int, task_id: str) -> None:
        """Until there are so many, and all know the task's state."""
        while len(self._calls) < count:
            opened = [self._watch(task_id) for _ in range(min(_OPEN_AT_ONCE, count - len(self._calls)))]
            self._calls += await asyncio.gather(*opened)

    async def ended_s(self) -> float:
        """The seconds from now until the last of them has its result."""
        started = time.perf_counter()
        await asyncio.gather(*(_rest(call) for call in self._calls))
        return time.perf_counter() - started

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close(None)

    async def _watch(self, task_id: str) -> Any:
        if len(self._calls) >= PER_CHANNEL * len(self._channels):
            options = [("grpc.use_local_subchannel_pool", 1)]
            self._channels.append(grpc.aio.insecure_channel(self._target, options=options))
        stub: Any = rpc.ExecutionServiceStub(self._channels[-1])  # type: ignore[no-untyped-call]  # generated
        call = stub.Watch(pb.WatchRequest(id=task_id))
        await call.read()
        return call


async def _rest(call: Any) -> None:
    while await call.read():  # the end of all is false, too
        pass


@asynccontextmanager
async def plane(directory: Path) -> AsyncIterator[Gateway]:
    """One gateway and one node."""
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        gateway = stack.add_gateway(open_calls=0, read_rate_per_s=0)
        stack.add_node(sandbox="simulated", simulated_languages=[LANGUAGE], concurrency=8)
        await stack.wait_served(LANGUAGE)
        yield gateway
    finally:
        stack.close()


async def runs_ms(client: Client, count: int) -> list[float]:
    taken = []
    for number in range(count):
        started = time.perf_counter()
        await client.run(LANGUAGE, str(number))
        taken.append((time.perf_counter() - started) * 1e3)
    return taken


async def measure(gateway: Gateway, client: Client, watchers: Watchers, count: int, task_id: str) -> dict[str, Any]:
    process = psutil.Process(gateway.pid)
    await watchers.grow(count, task_id)
    before_s = sum(process.cpu_times()[:2])
    await asyncio.sleep(IDLE_S if count >= STEPS[1] else 1.0)
    idle_s = sum(process.cpu_times()[:2]) - before_s
    taken = await runs_ms(client, RUNS)
    return {
        "watchers": count,
        "resident_mib": round(process.memory_info().rss / 2**20),
        "idle_core_percent": round(100 * idle_s / (IDLE_S if count >= STEPS[1] else 1.0), 1),
        "run_p50_ms": round(median(taken), 2),
        "run_p99_ms": round(percentile(taken, 99), 2),
    }


async def main(quick: bool) -> None:
    steps = (0, 50) if quick else STEPS
    with tempfile.TemporaryDirectory() as folder:
        async with plane(Path(folder)) as gateway, gateway.client() as client:
            watchers = Watchers(gateway.target)
            await runs_ms(client, RUNS)
            task_id = await client.submit(LANGUAGE, "long", env=LONG)
            rows: list[dict[str, Any]] = []
            for count in steps:
                rows.append(await measure(gateway, client, watchers, count, task_id))
                print(rows[-1], flush=True)
            ending = asyncio.create_task(watchers.ended_s())
            await client.cancel(task_id)
            ended_s = round(await ending, 2)
            await watchers.close()
    per_watcher_kib = round((rows[-1]["resident_mib"] - rows[0]["resident_mib"]) * 1024 / steps[-1], 1)
    print(table(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))
    print(f"{per_watcher_kib} KiB for each; all had the result {ended_s} s after the task was cancelled")
    if not quick:
        load = os.getloadavg()[0]
        save("watchers.json", {"load": load, "kib_each": per_watcher_kib, "all_ended_s": ended_s, "rows": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="few watchers, for correctness; writes nothing")
    uvloop.run(main(parser.parse_args().quick))
