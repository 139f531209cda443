"""The cost of more isolation: a slot that is wiped and used again, a new one for every task, and gVisor, in turns.

``python -m bench.isolation [--quick]``: Python hello, and C++ compiled and run, through pools of the node alone; writes
``bench/results/isolation.json``. Runtimes that the engine does not know are left out, and said so.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import docker

from bench import host_cgroup
from bench.figures import median, percentile, save, table
from bench.slots import remove_all
from node.domain.language import Language
from node.domain.sandbox import Launch, Outcome, Role
from node.infrastructure.docker import DockerSandboxPool, DockerSettings, Isolation
from node.infrastructure.languages import load_language
from sandbox import LANGUAGES_DIR
from schemas.task import Limits

_PATIENCE_S = 30.0
_MIB = 1 << 20
_CPP = '#include <iostream>\nint main() { std::cout << "hello " << %d << std::endl; }\n'
WAYS = (
    ("runc", Isolation.REUSE),
    ("runc", Isolation.SINGLE_USE),
    ("runsc", Isolation.REUSE),
    ("runsc", Isolation.SINGLE_USE),
)


@dataclass(slots=True)
class Way:
    """One way to isolate tasks, and what was measured of it."""

    runtime: str
    isolation: Isolation
    pool: DockerSandboxPool
    slot_mib: float = 0.0
    answer_ms: dict[str, list[float]] = field(default_factory=lambda: {"Python hello": [], "C++ hello, -O2": []})
    again_ms: dict[str, list[float]] = field(default_factory=lambda: {"Python hello": [], "C++ hello, -O2": []})


def limits(memory_mib: int) -> Limits:
    return Limits(
        cpu_ms=20_000,
        wall_ms=40_000,
        memory_bytes=memory_mib * _MIB,
        processes=64,
        output_bytes=64 << 10,
        disk_bytes=64 * _MIB,
        open_files=256,
        file_bytes=64 * _MIB,
    )


@asynccontextmanager
async def opened(client: docker.DockerClient, languages: list[Language]) -> AsyncIterator[list[Way]]:
    """A started pool for each way that the engine knows."""
    known = client.info()["Runtimes"]
    prefix, ways = f"bench-{secrets.token_hex(3)}", []
    try:
        for number, (runtime, isolation) in enumerate(WAYS):
            if runtime not in known:
                print(f"the engine has no runtime {runtime}: left out")
                continue
            settings = DockerSettings(
                node_id=f"{prefix}-{number}", prefix=prefix, oci_runtime=runtime, isolation=isolation, concurrency=1
            )
            way = Way(runtime, isolation, DockerSandboxPool(languages=languages, settings=settings))
            ways.append(way)
            await way.pool.start()
            await all_wait(way.pool)
            way.slot_mib = slot_mib(client, way.pool)
        yield ways
    finally:
        await asyncio.gather(*(way.pool.close() for way in ways))
        remove_all(client, prefix)


async def all_wait(pool: DockerSandboxPool) -> None:
    """Returns when a slot of each language and role is free."""
    async with asyncio.timeout(_PATIENCE_S):
        while not all(group.free for group in pool._groups.values()):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)


def slot_mib(client: docker.DockerClient, pool: DockerSandboxPool) -> float:
    """Memory of an idle Python slot."""
    slot = pool._groups["python", Role.RUN]._free[0]
    pid = int(client.api.inspect_container(slot.container_id)["State"]["Pid"])
    return round(host_cgroup.memory_bytes(pid) / _MIB, 1)


async def turn(way: Way, python: Language, cpp: Language, seed: int) -> None:
    await timed(way, "Python hello", hello(way.pool, python, seed))
    await timed(way, "C++ hello, -O2", compiled_hello(way.pool, cpp, seed))


async def timed(way: Way, program: str, work: Awaitable[Outcome]) -> None:
    """Milliseconds to the answer, and until a slot waits again."""
    started = time.perf_counter()
    outcome = await work
    way.answer_ms[program].append((time.perf_counter() - started) * 1e3)
    if b"hello" not in outcome.stdout:
        raise RuntimeError(f"{way.runtime} {way.isolation}: {outcome}")
    await all_wait(way.pool)
    way.again_ms[program].append((time.perf_counter() - started) * 1e3)


async def hello(pool: DockerSandboxPool, python: Language, seed: int) -> Outcome:
    wanted = limits(256)
    files = {"main.py": f"print('hello', {seed})\n".encode()}
    async with pool.slot(python, Role.RUN, wanted) as sandbox:
        return await sandbox.run(Launch(files=files, command=("python3", "main.py"), limits=wanted), _nobody)


async def compiled_hello(pool: DockerSandboxPool, cpp: Language, seed: int) -> Outcome:
    wanted = limits(1024)
    command = ("/opt/coderunner/cpp/compile", "-O2", "-std=gnu++20", "-o", "program", "main.cpp")
    files = {"main.cpp": _CPP.replace("%d", str(seed)).encode()}
    async with pool.slot(cpp, Role.COMPILE, wanted) as sandbox:
        what = Launch(files=files, command=command, limits=wanted, collect=("program",))
        built = await sandbox.run(what, _nobody)
    wanted, names = limits(256), frozenset(built.artefacts)
    async with pool.slot(cpp, Role.RUN, wanted) as sandbox:
        what = Launch(files=built.artefacts, executables=names, command=("./program",), limits=wanted)
        return await sandbox.run(what, _nobody)


def _nobody(stream: str, data: bytes) -> None:
    """Nobody watches."""


def rows_of(ways: list[Way], warm_up: int) -> list[dict[str, float | str]]:
    return [
        {
            "runtime": way.runtime,
            "isolation": way.isolation.value,
            "program": program,
            "p50_ms": round(median(values[warm_up:]), 1),
            "p95_ms": round(percentile(values[warm_up:], 95), 1),
            "next_p50_ms": round(median(way.again_ms[program][warm_up:]), 1),
            "idle_python_slot_mib": way.slot_mib,
        }
        for program in ("Python hello", "C++ hello, -O2")
        for way in ways
        for values in [way.answer_ms[program]]
    ]


async def main(quick: bool) -> None:
    client = docker.from_env()
    python, cpp = (load_language(LANGUAGES_DIR / f"{name}.toml") for name in ("python", "cpp"))
    turns, warm_up = (2, 1) if quick else (23, 3)
    async with opened(client, [python, cpp]) as ways:
        for number in range(turns):
            for way in ways:
                await turn(way, python, cpp, time.monotonic_ns() + number)
        rows = rows_of(ways, warm_up)
    client.close()
    print(table(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))
    if not quick:
        save("isolation.json", rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="two turns, for correctness; writes nothing")
    asyncio.run(main(parser.parse_args().quick))
