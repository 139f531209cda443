"""What the metrics tell of real slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from node.domain.sandbox import Launch, Outcome, Role
from node.infrastructure.docker import DockerSandboxPool
from node.infrastructure.slot_figures import Retirement, SlotFigures
from tests.builders import some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox import python_runs
from tests.integration.sandbox.languages import AT_LEISURE, BASH, language
from tests.integration.sandbox.prefixed_engine import Eventually, PrefixedEngine
from tests.integration.sandbox.python_runs import PYTHON
from tests.integration.sandbox.runs import run

JAVASCRIPT = language("javascript")


async def javascript(pool: DockerSandboxPool, **changes: Any) -> Outcome:
    """One small program in a slot of its own."""
    wanted = some_limits(**{**AT_LEISURE, "processes": 64, **changes})
    async with pool.slot(JAVASCRIPT, Role.RUN, wanted) as sandbox:
        what = Launch(files={"main.js": b"console.log(42)"}, command=("node", "main.js"), limits=wanted)
        return await sandbox.run(what, nobody)


def figures(pool: DockerSandboxPool) -> SlotFigures:
    (found,) = pool.slot_figures()
    return found


def slots(pool: DockerSandboxPool) -> Mapping[str, int]:
    """States in which there are any."""
    return {state: number for state, number in figures(pool).states.items() if number}


async def test_a_container_that_is_killed_is_a_lost_slot_and_a_new_one_is_free(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    pool = await engine.pool(BASH)
    await run(pool, "exit 0")
    await eventually(lambda: slots(pool) == {"free": 1})
    assert (figures(pool).language, figures(pool).role) == ("bash", "run")
    (container,) = engine.containers()
    container.kill()
    await eventually(lambda: figures(pool).counts.retired == {Retirement.LOST: 1})
    await eventually(lambda: slots(pool) == {"free": 1})
    assert pool.trouble() == ""


async def test_a_runtime_that_finds_another_amount_of_memory_than_it_was_started_for_is_a_cold_start(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    """A Node.js that waits has a heap for the memory that it found."""
    pool = await engine.pool(JAVASCRIPT)
    warm = await javascript(pool)
    await eventually(lambda: slots(pool) == {"free": 1})
    assert figures(pool).counts.cold_starts == int(not warm.warm)
    before = figures(pool).counts.cold_starts
    other = await javascript(pool, memory_bytes=512 << 20)
    assert figures(pool).counts.cold_starts == before + int(not other.warm)
    assert not other.warm


async def test_a_zygotes_child_takes_a_program_with_any_amount_of_memory(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    pool = await engine.pool(PYTHON)
    for memory_mib in (256, 512, 64):
        ended = await python_runs.run(pool, "print(42)", memory_bytes=memory_mib << 20)
        assert ended.warm
        await eventually(lambda: slots(pool) == {"free": 1})
    assert figures(pool).counts.cold_starts == 0
