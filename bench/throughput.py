"""Python hello per second at saturation, beside two bare loops on the same cores.

``python -m bench.throughput [--quick]``: writes ``bench/results/throughput.json``. Ours and bare take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import time

from bench.figures import median, save
from bench.programs import PROGRAMS
from bench.toolchain import Toolchain
from coderunner import Client

_CALLERS = 8
_LOOPS = 2
_TEXT = PROGRAMS[0].source


async def ours(client: Client, seconds: float) -> float:
    deadline, done = time.perf_counter() + seconds, 0

    async def caller(number: int) -> None:
        nonlocal done
        turn = 0
        while time.perf_counter() < deadline:
            turn += 1
            text = _TEXT.replace("%d", str(number * 10**6 + turn + time.monotonic_ns()))
            execution = await client.run("python", text)
            if execution.status != "SUCCEEDED":
                raise RuntimeError(f"{execution.status} {execution.error}")
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(caller(number) for number in range(_CALLERS)))
    return done / (time.perf_counter() - started)


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
