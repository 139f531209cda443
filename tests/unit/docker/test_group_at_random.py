"""A group under random failures: each slot is handed back or destroyed exactly once."""

from __future__ import annotations

import asyncio
import random

import pytest

from node.domain.sandbox import SandboxLostError
from tests.unit.docker.group_on_fakes import Scene


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("single_use", [False, True])
async def test_whatever_fails_in_whatever_order_no_slot_leaks_and_none_is_destroyed_twice(
    seed: int, single_use: bool
) -> None:
    chance = random.Random(seed)
    scene = Scene(max_slots=3, spare=2, single_use=single_use, retire_after=5)
    holding = 0

    async def holder() -> None:
        nonlocal holding
        try:
            slot = await scene.take()
        except SandboxLostError:
            return
        holding += 1
        assert holding <= 3 + 2 * single_use
        try:
            slot.use()
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            if chance.random() < 0.2:
                slot.lose()
            if chance.random() < 0.2:
                raise ZeroDivisionError
        finally:
            holding -= 1
            scene.give_back(slot)

    tasks = []
    for _ in range(100):
        tasks.append(asyncio.create_task(holder()))
        if chance.random() < 0.3:
            chance.choice(tasks).cancel()
        if chance.random() < 0.1:
            scene.factory.refusals = 1
        if chance.random() < 0.2 and scene.factory.made:
            chance.choice(scene.factory.made).lose()
        if chance.random() < 0.5:
            await asyncio.sleep(0)
    async with asyncio.timeout(5):
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [end for end in ends if end and not isinstance(end, asyncio.CancelledError | ZeroDivisionError)] == []
    await scene.quiet()
    scene.check()
    assert scene.group.free == len(scene.group.members)
    assert await scene.take() in scene.group.members
