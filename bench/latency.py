"""Five programs end to end: one caller, warm node, a new source every time, beside the bare toolchain in the same run.

``python -m bench.latency [--quick]``: writes ``bench/results/latency.json`` and ``latency.png``.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time

from bench.figures import median, percentile, save, table
from bench.plot import latency_plot
from bench.programs import PROGRAMS, Program
from bench.toolchain import Toolchain
from coderunner import Client

_WARM_UP = 8


async def ours_ms(client: Client, program: Program, seed: int) -> float:
    started = time.perf_counter()
    execution = await client.run(program.language, {program.file: program.text(seed)})
    elapsed = (time.perf_counter() - started) * 1e3
    if execution.status != "SUCCEEDED" or execution.run is None or "hello" not in execution.run.stdout:
        raise RuntimeError(f"{program.name}: {execution.status} {execution.error} {execution.compile}")
    return elapsed


async def measure(client: Client, program: Program, runs: int) -> dict[str, float | str]:
    """One ours, one bare, in turns, so that the machine's moods meet both."""
    ours: list[float] = []
    bare: list[float] = []
    seeds = iter(random.sample(range(10**9), 2 * (runs + _WARM_UP)))
    with Toolchain(program.language) as toolchain:
        for at in range(runs + _WARM_UP):
            ours_now = await ours_ms(client, program, next(seeds))
            bare_now = await asyncio.to_thread(toolchain.run, program.file, program.text(next(seeds)), program.bare)
            if at >= _WARM_UP:
                ours.append(ours_now)
                bare.append(bare_now)
    return {
        "program": program.name,
        "bare_p50_ms": round(median(bare), 2),
        "ours_p50_ms": round(median(ours), 2),
        "ratio": round(median(ours) / median(bare), 3),
        "p95_ms": round(percentile(ours, 95), 2),
        "p99_ms": round(percentile(ours, 99), 2),
    }


async def main(quick: bool) -> None:
    rows = []
    async with Client() as client:
        for program in PROGRAMS:
            rows.append(await measure(client, program, 3 if quick else program.runs))
    print(table(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))
    if not quick:
        save("latency.json", rows)
        latency_plot(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a few runs, for correctness; writes nothing")
    asyncio.run(main(parser.parse_args().quick))
