"""Python hello, ours beside the same parts without any rule of ours, beside the bare tool, taking turns.

    python -m bench.floor [--quick]

The bare parts (``gateway``, ``node`` of this package) are those of the design: a grpc.aio server, a stored message and
a pull, a slot with our agent, a stored result. What they take is what no change of gateway or node can save: the floor.
One caller, then eight; ours also with tasks that come in batches. Writes ``bench/results/floor.json``: milliseconds,
and tasks a second.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import docker
import grpc.aio

from bench.corpus.quiet_node import own_stack
from bench.dispatch.child_process import Child
from bench.figures import median, save, table
from bench.programs import PROGRAMS
from bench.slots import remove_all
from bench.throughput import bare, rate
from bench.toolchain import Toolchain
from coderunner import Client, Task

HELLO = PROGRAMS[0]
_LOOPS = 2
_WARM_UP = 20
_BATCH = 800
"""As many as one client may have waiting, and some less."""
Run = Callable[[str], Awaitable[object]]


@asynccontextmanager
async def bare_parts(nats_url: str, directory: Path) -> AsyncIterator[Run]:
    """A call that runs one source on the bare parts, and raises RuntimeError where it prints something else."""
    name = f"floor-{secrets.token_hex(3)}"
    gateway = await Child.start("gateway", "bench.floor.gateway", {"nats_url": nats_url}, directory)
    port = (await gateway.ask())["port"]
    node = await Child.start(
        "node", "bench.floor.node", {"nats_url": nats_url, "name": name, "loops": _LOOPS}, directory
    )
    try:
        await node.ask()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/floor.Floor/Run", request_serializer=bytes, response_deserializer=bytes)

            async def run(source: str) -> None:
                if b"hello" not in await call(source.encode()):
                    raise RuntimeError("the bare parts answered something else")

            yield run
    finally:
        await node.stop()
        await gateway.stop()
        client = docker.from_env()
        remove_all(client, name)
        client.close()


async def timed(run: Run) -> float:
    """Milliseconds of one run of a program that nobody has seen."""
    source = HELLO.text(time.monotonic_ns())
    started = time.perf_counter()
    await run(source)
    return (time.perf_counter() - started) * 1e3


async def batch_rate(client: Client, tasks: int) -> float:
    """Tasks a second that are submitted all at once, until the last has ended."""
    sources = [HELLO.text(time.monotonic_ns()) for _ in range(tasks)]
    started = time.perf_counter()
    answers = await client.submit_batch([Task(language=HELLO.language, source=source) for source in sources])
    if refused := [answer.error for answer in answers if not answer.id]:
        raise RuntimeError(f"{len(refused)} were refused: {refused[0]}")
    for answer in answers[-2 * _LOOPS :]:
        await client.follow(answer.id)
    return tasks / (time.perf_counter() - started)


async def measured(client: Client, floor: Run, *, quick: bool) -> dict[str, dict[str, Any]]:
    async def ours(source: str) -> None:
        execution = await client.run(HELLO.language, source)
        if execution.status != "SUCCEEDED":
            raise RuntimeError(f"{execution.status} {execution.error}")

    ways: dict[str, Run] = {"ours": ours, "floor": floor}
    ms = await in_turns(ways, _WARM_UP + (5 if quick else 400))
    per_s: dict[str, list[float]] = {way: [] for way in (*ms, "batch")}
    seconds = 1.0 if quick else 6.0
    for _ in range(1 if quick else 5):
        for way, run in ways.items():
            per_s[way].append(await rate(partial(timed, run), seconds))
        per_s["batch"].append(await batch_rate(client, _BATCH // (4 if quick else 1)))
        per_s["bare"].append(await bare(seconds))
    alone = {
        way: {"p50_ms": round(median(ms[way]), 2), "of_bare": round(median(ms[way]) / median(ms["bare"]), 3)}
        for way in ms
    }
    return {
        way: alone.get(way, {"p50_ms": "", "of_bare": ""})
        | {"per_s": round(median(rates), 1), "times_bare": round(median(rates) / median(per_s["bare"]), 3)}
        for way, rates in per_s.items()
    }


async def in_turns(ways: dict[str, Run], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each way and of the bare tool, one after the other."""
    ms: dict[str, list[float]] = {**{way: [] for way in ways}, "bare": []}
    with Toolchain(HELLO.language) as toolchain:
        for _ in range(rounds):
            for way, run in ways.items():
                ms[way].append(await timed(run))
            text = HELLO.text(time.monotonic_ns())
            ms["bare"].append(await asyncio.to_thread(toolchain.run, HELLO.file, text, HELLO.bare))
    return {way: took[_WARM_UP:] for way, took in ms.items()}


async def main(quick: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, own_stack(["python"]) as (stack, node):
        await stack.wait_served("python")
        async with stack.client() as client, bare_parts(stack.nats.urls[0], Path(folder)) as floor:
            await node.settle()
            rows = await measured(client, floor, quick=quick)
    heading = ["way", *rows["ours"]]
    print(table(heading, [[way, *map(str, row.values())] for way, row in rows.items()]))
    if not quick:
        save("floor.json", rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a few rounds, for correctness; writes nothing")
    asyncio.run(main(parser.parse_args().quick))
