"""Python hello per second at saturation, beside two bare loops on the same cores.

``python -m bench.throughput [--quick]``: writes ``bench/results/throughput.json``. Ours and bare take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable

from bench.figures import median, save
from bench.programs import PROGRAMS
from bench.toolchain import Toolchain
from coderunner import Client

_CALLERS = 8
_LOOPS = 2
_TEXT = PROGRAMS[0].source


async def rate(run: Callable[[], Awaitable[object]], seconds: float, callers: int = _CALLERS) -> float:
    """Runs a second with so many callers, each of which makes one after the other."""
    until, done = time.perf_counter() + seconds, 0

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await run()
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return done / (time.perf_counter() - started)


async def ours(client: Client, seconds: float) -> float:
    async def run() -> None:
        execution = await client.run("python", _TEXT.replace("%d", str(time.monotonic_ns())))
        if execution.status != "SUCCEEDED":
            raise RuntimeError(f"{execution.status} {execution.error}")

    return await rate(run, seconds)


async def bare(seconds: float) -> float:
    with Toolchain("python", cpus=1.0) as one, Toolchain("python", cpus=1.0) as two:
        counts = await asyncio.gather(*(asyncio.to_thread(each.loops, _TEXT, seconds) for each in (one, two)))
    return sum(counts) / seconds


async def main(quick: bool) -> None:
    seconds, rounds = (1.0, 1) if quick else (8.0, 5)
    our_rates, bare_rates = [], []
    async with Client() as client:
        await ours(client, 1.0)
        for _ in range(rounds):
            our_rates.append(await ours(client, seconds))
            bare_rates.append(await bare(seconds))
    row = {
        "ours_per_s": round(median(our_rates), 1),
        "bare_per_s": round(median(bare_rates), 1),
        "ratio": round(median(our_rates) / median(bare_rates), 3),
    }
    print(row)
    if not quick:
        save("throughput.json", row)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one short round, for correctness; writes nothing")
    asyncio.run(main(parser.parse_args().quick))
