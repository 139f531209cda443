"""Memory and disk of a task: granted as it asked, and told as it used them."""

from __future__ import annotations

import os
from pathlib import Path

from node.domain.preamble import Preamble
from node.domain.sandbox import Ending, Launch, Role
from tests.builders import MIB, some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import AT_LEISURE, BASH, STANDIN, language, standin_language
from tests.integration.sandbox.prefixed_engine import Eventually, PrefixedEngine
from tests.integration.sandbox.runs import ask, run


async def test_memory_is_what_the_task_asked_for(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH)
    fill = "head -c 100M /dev/zero > /dev/shm/a 2>/dev/null; x=$(head -c 60M /dev/zero | tr '\\0' x); echo ${#x}"
    assert (await run(pool, fill)).stdout == b"62914560\n"
    small = await run(pool, fill, memory_bytes=32 * MIB)
    assert small.ending is Ending.MEMORY
    (container,) = engine.containers()
    assert container.attrs["HostConfig"]["Memory"] == 32 * MIB + 16 * MIB
    assert container.attrs["HostConfig"]["MemorySwap"] == container.attrs["HostConfig"]["Memory"]
    assert (await run(pool, fill)).stdout == b"62914560\n"


async def test_a_container_that_the_kernel_ends_for_memory_is_a_memory_limit(engine: PrefixedEngine) -> None:
    pool = await engine.pool(standin_language(), agent=STANDIN)
    eaten = await ask(pool, "eat")
    assert eaten.ending is Ending.MEMORY
    assert eaten.wall_ms > 0
    assert eaten.cpu_ms > 0
    assert (await ask(pool, "ok")).exit_code == 0


async def test_peak_memory_is_the_programs_own(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH)
    idle = (await run(pool, "true")).peak_memory_bytes
    big = (await run(pool, "x=$(head -c 40M /dev/zero | tr '\\0' x); echo ${#x}")).peak_memory_bytes
    again = (await run(pool, "true")).peak_memory_bytes
    assert idle < 8 * MIB
    assert again < 8 * MIB
    assert 40 * MIB < big < 256 * MIB


EVERYTHING = Preamble(("-O2", "-std=gnu++20"), ("bits/stdc++.h",))
"""175 MB of the image."""


async def test_a_peak_is_the_same_after_a_program_that_filled_the_file_cache(engine: PrefixedEngine) -> None:
    cpp = language("cpp", compile=None)
    pool = await engine.pool(cpp)
    (container,) = engine.containers()
    root = Path(container.attrs["GraphDriver"]["Data"]["MergedDir"])
    read = f"/opt/coderunner/cpp/precompiled/{EVERYTHING.key}/bits/stdc++.h.gch"
    grow = "kept = bytearray(b'x') * (200 << 20)"

    async def peak_of(*command: str) -> float:
        wanted = some_limits(**AT_LEISURE, memory_bytes=256 * MIB)
        async with pool.slot(cpp, Role.RUN, wanted) as sandbox:
            outcome = await sandbox.run(Launch({}, command, wanted), nobody)
        assert outcome.exit_code == 0, outcome
        return outcome.peak_memory_bytes / MIB

    alone = await peak_of("python3", "-c", grow)
    forget_cached(root / read.lstrip("/"))
    assert await peak_of("md5sum", read) > 0
    after_a_reader = await peak_of("python3", "-c", grow)
    assert 200 < alone < 225
    assert 200 < after_a_reader < 225
    assert abs(alone - after_a_reader) < 8


def forget_cached(path: Path) -> None:
    """The next to read that file is the one to whom its cached pages are charged."""
    file = os.open(path, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


async def test_more_disk_than_the_slots_have_gets_a_slot_of_its_own(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    pool = await engine.pool(BASH, disk_bytes=8 * MIB)
    write = "head -c 20M /dev/zero > big && echo written"
    assert (await run(pool, write, disk_bytes=8 * MIB)).stdout == b""
    assert (await run(pool, write, disk_bytes=32 * MIB)).stdout == b"written\n"
    await eventually(lambda: len(engine.containers()) == 1)
