"""Memory and disk of a task: granted as it asked, and told as it used them."""

from __future__ import annotations

from node.domain.sandbox import Ending
from tests.builders import MIB
from tests.integration.sandbox.languages import BASH, STANDIN, standin_language
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
    assert (await ask(pool, "eat")).ending is Ending.MEMORY
    assert (await ask(pool, "ok")).exit_code == 0


async def test_peak_memory_is_the_programs_own(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH)
    idle = (await run(pool, "true")).peak_memory_bytes
    big = (await run(pool, "x=$(head -c 40M /dev/zero | tr '\\0' x); echo ${#x}")).peak_memory_bytes
    again = (await run(pool, "true")).peak_memory_bytes
    assert idle < 8 * MIB
    assert again < 8 * MIB
    assert 40 * MIB < big < 256 * MIB


async def test_more_disk_than_the_slots_have_gets_a_slot_of_its_own(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    pool = await engine.pool(BASH, disk_bytes=8 * MIB)
    write = "head -c 20M /dev/zero > big && echo written"
    assert (await run(pool, write, disk_bytes=8 * MIB)).stdout == b""
    assert (await run(pool, write, disk_bytes=32 * MIB)).stdout == b"written\n"
    await eventually(lambda: len(engine.containers()) == 1)
