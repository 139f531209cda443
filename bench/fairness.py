"""Clients that share a queue: how long each waits behind the others, on a stack of its own with simulated programs.

``python -m bench.fairness [--quick]``: writes ``bench/results/fairness-now.json``. Before and after lanes (ADR 0013):
``fairness.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from bench.figures import median, save
from coderunner import Client
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

RUN_MS = 20
LOOPS = 2
"""So the node runs 100 tasks per second at best."""
CLIENTS = 20
LANGUAGE = "simulated"
ENV = {"SIMULATED_RUN_MS": str(RUN_MS)}
SETTINGS: dict[str, Any] = {
    "queue_limit": 5000,
    "read_rate_per_s": 0,
    **{f"tokens.client{number}": f"t{number}" for number in range(CLIENTS)},
}
NODE: dict[str, Any] = {"sandbox": "simulated", "simulated_languages": [LANGUAGE], "concurrency": LOOPS}

Row = dict[str, float]


@asynccontextmanager
async def clients() -> AsyncIterator[list[Client]]:
    """Of a stack of their own, each with a token of its own."""
    with tempfile.TemporaryDirectory() as directory:
        stack = Stack(Path(directory), NatsServer(Path(directory), roles=True), EtcdServer(Path(directory)))
        try:
            for server in (*stack.nats.members, *stack.etcd.members):
                server.start()
            gateway = stack.add_gateway(**SETTINGS)
            stack.add_node(**NODE)
            async with AsyncExitStack() as opened:
                found = [
                    await opened.enter_async_context(Client(gateway.target, token=f"t{number}"))
                    for number in range(CLIENTS)
                ]

                async def known() -> bool:
                    return LANGUAGE in {one.name for one in await found[0].languages()}

                await eventually(known, 30)
                yield found
        finally:
            stack.close()


async def run(client: Client, run_ms: int = RUN_MS) -> float:
    """One task from submission to result, in seconds."""
    started = time.perf_counter()
    execution = await client.run(LANGUAGE, "(nothing runs)", env={"SIMULATED_RUN_MS": str(run_ms)})
    if execution.status != "SUCCEEDED":
        raise RuntimeError(f"{execution.status} {execution.error}")
    return time.perf_counter() - started


async def burst(client: Client, tasks: int) -> list[str]:
    """The ids of so many tasks, submitted as fast as may be."""
    at_once = asyncio.Semaphore(32)

    async def one() -> str:
        async with at_once:
            return await client.submit(LANGUAGE, "(nothing runs)", env=ENV)

    return list(await asyncio.gather(*(one() for _ in range(tasks))))


async def ended(client: Client, ids: list[str]) -> list[float]:
    """When each has its result, by the clock."""
    at_once = asyncio.Semaphore(64)

    async def one(task_id: str) -> float:
        async with at_once:
            await client.follow(task_id)
            return time.perf_counter()

    return list(await asyncio.gather(*(one(task_id) for task_id in ids)))


async def one_against_a_burst(everybody: list[Client], tasks: int) -> Row:
    large, small = everybody[:2]
    started = time.perf_counter()
    ids = await burst(large, tasks)
    waits = [await run(small) for _ in range(5)]
    behind = time.perf_counter() - started
    last = max(await ended(large, ids))
    return {
        "small_first_s": waits[0],
        "small_median_s": median(waits),
        "small_max_s": max(waits),
        "small_all_s": behind,
        "burst_s": last - started,
    }


async def burst_after_burst(everybody: list[Client], tasks: int, later: int) -> Row:
    large, small = everybody[:2]
    started = time.perf_counter()
    first = await burst(large, tasks)
    then = time.perf_counter()
    second = await burst(small, later)
    ends = asyncio.create_task(ended(large, first))
    small_ends = await ended(small, second)
    return {"later_s": max(small_ends) - then, "burst_s": max(await ends) - started}


async def all_at_once(everybody: list[Client], tasks: int) -> Row:
    started = time.perf_counter()
    ids = [await burst(client, tasks) for client in everybody]
    ends = await asyncio.gather(*map(ended, everybody, ids))
    firsts, lasts = sorted(min(one) - started for one in ends), sorted(max(one) - started for one in ends)
    return {
        "first_result_median_s": median(firsts),
        "first_result_max_s": firsts[-1],
        "all_results_min_s": lasts[0],
        "all_results_max_s": lasts[-1],
    }


async def alone(client: Client, tasks: int) -> Row:
    idle = [await run(client, 0) for _ in range(200)]
    started = time.perf_counter()
    left = iter(range(tasks))

    async def caller() -> None:
        for _ in left:
            await run(client, 0)

    await asyncio.gather(*(caller() for _ in range(32)))
    rate = tasks / (time.perf_counter() - started)
    started = time.perf_counter()
    await ended(client, await burst(client, tasks))
    return {"idle_median_ms": median(idle) * 1000, "at_32_per_s": rate, "burst_s": time.perf_counter() - started}


async def main(quick: bool) -> None:
    tasks, later, each = (60, 10, 6) if quick else (1000, 100, 20)
    async with clients() as everybody:
        await run(everybody[0])
        rows = {
            "alone": await alone(everybody[2], tasks),
            "one_against_a_burst": await one_against_a_burst(everybody, tasks),
            "burst_after_burst": await burst_after_burst(everybody, tasks, later),
            "all_at_once": await all_at_once(everybody, each),
        }
    for name, row in rows.items():
        print(name, {figure: round(value, 3) for figure, value in row.items()})
    if not quick:
        save(
            "fairness.json", {name: {key: round(value, 3) for key, value in row.items()} for name, row in rows.items()}
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="small, for correctness; writes nothing")
    asyncio.run(main(parser.parse_args().quick))
