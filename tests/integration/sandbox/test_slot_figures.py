"""What the metrics tell of real slots."""

from __future__ import annotations

from collections.abc import Mapping

from node.infrastructure.docker import DockerSandboxPool
from node.infrastructure.slot_figures import Retirement, SlotFigures
from tests.integration.sandbox import python_runs
from tests.integration.sandbox.languages import BASH
from tests.integration.sandbox.prefixed_engine import Eventually, PrefixedEngine
from tests.integration.sandbox.python_runs import PYTHON
from tests.integration.sandbox.runs import run


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


async def test_a_python_that_finds_another_amount_of_memory_than_it_was_started_for_is_a_cold_start(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    """The interpreter that waits has a heap for the memory that it found."""
    pool = await engine.pool(PYTHON)
    warm = await python_runs.run(pool, "print(42)")
    await eventually(lambda: slots(pool) == {"free": 1})
    assert figures(pool).counts.cold_starts == int(not warm.warm)
    before = figures(pool).counts.cold_starts
    other = await python_runs.run(pool, "print(42)", memory_bytes=512 << 20)
    assert figures(pool).counts.cold_starts == before + int(not other.warm)
    assert not other.warm
