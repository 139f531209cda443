"""Slots that die, misbehave or are worn, and what takes their place."""

from __future__ import annotations

import asyncio

import pytest

from node.domain.sandbox import Role, SandboxLostError
from node.infrastructure.docker import Isolation
from tests.builders import a_launch, some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import BASH, STANDIN, standin_language
from tests.integration.sandbox.prefixed_engine import Eventually, PrefixedEngine
from tests.integration.sandbox.runs import ask, run


async def test_a_slot_that_is_killed_while_idle_is_replaced_unnoticed(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    pool = await engine.pool(BASH)
    (old,) = engine.containers()
    old.kill()
    await eventually(lambda: old.id not in [container.id for container in engine.containers()])
    assert (await run(pool, "echo ok")).stdout == b"ok\n"


async def test_a_slot_that_is_killed_under_its_task_loses_the_task_and_is_replaced(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH)
    (old,) = engine.containers()
    up = asyncio.Event()
    running = asyncio.create_task(run(pool, "echo up; sleep infinity", lambda stream, data: up.set()))
    await up.wait()
    await asyncio.to_thread(old.kill)
    with pytest.raises(SandboxLostError):
        await running
    assert (await run(pool, "echo ok")).stdout == b"ok\n"


@pytest.mark.parametrize("misdeed", ["garbage", "oversized", "die", "silent", "stuck"])
async def test_an_agent_that_misbehaves_during_a_task_costs_it_its_slot(
    engine: PrefixedEngine, misdeed: str, eventually: Eventually
) -> None:
    pool = await engine.pool(standin_language(), agent=STANDIN, patience_s=0.5)
    (old,) = engine.containers()
    async with pool.slot(standin_language(), Role.RUN, some_limits()) as sandbox:
        with pytest.raises(SandboxLostError):
            await sandbox.run(a_launch(misdeed, limits=some_limits(wall_ms=100)), nobody)
    assert (await ask(pool, "ok")).exit_code == 0
    await eventually(lambda: old.id not in [container.id for container in engine.containers()])
    assert pool.slots() == 1


@pytest.mark.parametrize("misdeed", ["dirty", "never clean"])
async def test_a_slot_that_is_not_provably_clean_is_replaced_and_its_task_keeps_its_result(
    engine: PrefixedEngine, misdeed: str, eventually: Eventually
) -> None:
    pool = await engine.pool(standin_language(), agent=STANDIN, patience_s=0.5)
    (old,) = engine.containers()
    assert (await ask(pool, misdeed)).exit_code == 0
    assert (await ask(pool, "ok")).exit_code == 0
    await eventually(lambda: old.id not in [container.id for container in engine.containers()])


async def test_launches_in_one_hold_follow_each_other_also_over_a_dirty_slot(engine: PrefixedEngine) -> None:
    pool = await engine.pool(standin_language(), agent=STANDIN)
    async with pool.slot(standin_language(), Role.RUN, some_limits()) as sandbox:
        for what in ("ok", "dirty", "ok", "dirty", "dirty", "ok"):
            assert (await sandbox.run(a_launch(what), nobody)).exit_code == 0


async def test_single_use_slots_run_one_task_each_and_a_spare_is_ready(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    pool = await engine.pool(BASH, isolation=Isolation.SINGLE_USE, concurrency=1)
    uids = [(await run(pool, "cat /proc/sys/kernel/random/boot_id; id -u")).exit_code for _ in range(3)]
    assert uids == [0, 0, 0]
    await eventually(lambda: len(engine.containers()) == 1)
    (spare,) = engine.containers()
    await run(pool, "true")
    await eventually(lambda: spare.id not in [container.id for container in engine.containers()])


async def test_a_slot_is_retired_after_its_share_of_tasks(engine: PrefixedEngine, eventually: Eventually) -> None:
    pool = await engine.pool(BASH, retire_after=4)
    (first,) = engine.containers()
    for _ in range(4):
        assert (await run(pool, "echo ok")).stdout == b"ok\n"
    await eventually(lambda: first.id not in [container.id for container in engine.containers()])
    assert (await run(pool, "echo ok")).stdout == b"ok\n"
