"""One row measured: each program once by us and once by the plain tool, in turns, and each output compared."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.corpus.programs import RealProgram, never_seen, plain_commands
from bench.corpus.rows import Row
from bench.figures import median
from bench.toolchain import Toolchain
from coderunner import Client

Settle = Callable[[], Awaitable[None]]
"""Waits until the node does nothing of its own: what it prepares for later runs is not to slow the plain tool."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One program's medians in milliseconds."""

    name: str
    bare_ms: float
    ours_ms: float

    @property
    def ratio(self) -> float:
        return self.ours_ms / self.bare_ms


_PLAIN_TOOL_KEEPS_NOTHING = {"bash", "cpp", "java", "javascript"}
"""One run of theirs warms as well as one of each program; the others have caches of what was compiled."""


class WrongOutputError(Exception):
    """A program printed something else: its time is no figure."""


async def ours_ms(client: Client, row: Row, program: RealProgram, text: str) -> float:
    started = time.perf_counter()
    execution = await client.run(row.language, {program.file: text}, compile_options=row.options)
    elapsed = (time.perf_counter() - started) * 1e3
    if execution.status != "SUCCEEDED" or execution.run is None or execution.run.stdout != program.expected:
        raise WrongOutputError(f"{row.name}, {program.file}: {execution}")
    return elapsed


async def bare_ms(toolchain: Toolchain, row: Row, program: RealProgram, text: str) -> float:
    commands = plain_commands(row.language, program.file, row.options)
    return await asyncio.to_thread(toolchain.run, program.file, text, commands, program.expected)


async def measure(
    client: Client, row: Row, programs: Sequence[RealProgram], rounds: int, settle: Settle
) -> list[Measured]:
    """Raises WrongOutputError, RuntimeError."""
    chance = random.Random()  # another in each run: a preamble or a text that an earlier one has left is none of it
    times: dict[str, tuple[list[float], list[float]]] = {program.name: ([], []) for program in programs}

    def another(program: RealProgram) -> str:
        return never_seen(row.language, row.change(program.source, chance), chance.randrange(10**9))

    with Toolchain(row.language) as toolchain:
        if not row.first_time:
            for at, program in enumerate(programs):
                await ours_ms(client, row, program, another(program))
                if at == 0 or row.language not in _PLAIN_TOOL_KEEPS_NOTHING:
                    await bare_ms(toolchain, row, program, another(program))
            await settle()
        for program in [program for _ in range(rounds) for program in programs]:
            text = another(program)
            ours, bare = times[program.name]
            ours.append(await ours_ms(client, row, program, text))
            if row.first_time:
                await settle()
            bare.append(await bare_ms(toolchain, row, program, text))
    return [Measured(name, median(bare), median(ours)) for name, (ours, bare) in times.items()]


def figures(row: Row, rounds: int, measured: Sequence[Measured]) -> dict[str, Any]:
    """The row as it is kept: medians over the programs, the worst one, and each one's ratio."""
    worst = max(measured, key=lambda one: one.ratio)
    return {
        "row": row.name,
        "programs": len(measured),
        "rounds": rounds,
        "bare_p50_ms": round(median([one.bare_ms for one in measured]), 2),
        "ours_p50_ms": round(median([one.ours_ms for one in measured]), 2),
        "ratio": round(median([one.ratio for one in measured]), 3),
        "goal": row.goal,
        "worst": f"{worst.name} {worst.ratio:.2f}",
        "each": {one.name: round(one.ratio, 3) for one in measured},
    }
