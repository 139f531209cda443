"""The way to a slot: past the engine where node and engine share a host, through it everywhere else."""

from __future__ import annotations

import pytest

from node.domain.sandbox import Ending
from tests.integration.sandbox.languages import BASH
from tests.integration.sandbox.prefixed_engine import PrefixedEngine, crash
from tests.integration.sandbox.runs import run

LINES = "grep -cE '@coderunner-[0-9a-f]{32}$' /proc/net/unix"
"""Ends of direct lines in the slot's own network."""


@pytest.mark.parametrize(("direct", "lines"), [(True, b"1\n"), (False, b"0\n")])
async def test_a_slot_is_reached_the_way_the_settings_say(engine: PrefixedEngine, direct: bool, lines: bytes) -> None:
    pool = await engine.pool(BASH, direct=direct)
    for _ in range(2):
        outcome = await run(pool, LINES)
        assert (outcome.ending, outcome.stdout) == (Ending.EXITED, lines)


async def test_a_slot_that_is_adopted_gets_a_line_of_its_new_nodes(engine: PrefixedEngine) -> None:
    crashed = await engine.pool(BASH)
    (slot,) = engine.containers()
    crash(crashed)
    heir = await engine.pool(BASH)
    assert (await run(heir, LINES)).stdout == b"1\n"
    assert [one.id for one in engine.containers()] == [slot.id]


async def test_no_launch_goes_to_an_agent_that_died_a_moment_ago(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH)
    (member,) = (member for group in pool._groups.values() for member in group.members)
    (slot,) = engine.containers()
    assert await member.verified_clean()
    slot.kill()  # blocks until the engine saw it end: the event loop has heard of nothing yet
    assert member.lost == ""
    assert (await run(pool, "echo well")).stdout == b"well\n"
    assert member.lost == "its agent is gone"
    assert slot.id not in [one.id for one in engine.containers() if one.status == "running"]
