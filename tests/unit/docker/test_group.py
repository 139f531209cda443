"""Who gets which slot, and who waits for one."""

from __future__ import annotations

import asyncio

import pytest

from node.domain.sandbox import SandboxLostError
from tests.unit.docker.group_on_fakes import Scene


async def test_the_slot_used_last_is_handed_out_first() -> None:
    scene = Scene()
    first, second = await scene.take(), await scene.take()
    scene.give_back(first.use())
    await scene.quiet()
    scene.give_back(second.use())
    await scene.quiet()
    assert await scene.take() is second
    scene.check()


async def test_a_slot_that_already_grants_the_memory_is_preferred() -> None:
    scene = Scene()
    fits, other = await scene.take(), await scene.take()
    fits.memory_bytes = 7
    for slot in (fits, other):
        scene.give_back(slot.use())
        await scene.quiet()
    assert await scene.take(7) is fits


async def test_where_interpreters_start_in_slots_the_one_that_waited_longest_is_first() -> None:
    scene = Scene(rested_first=True)
    first, second = await scene.take(), await scene.take()
    for slot in (first, second):
        scene.give_back(slot.use())
        await scene.quiet()
    assert await scene.take() is first


async def test_it_grows_to_its_most_and_then_lets_callers_wait() -> None:
    scene = Scene(most=2)
    first = await scene.take()
    await scene.take()
    third = asyncio.create_task(scene.take())
    await scene.quiet()
    assert len(scene.maker.made) == 2
    assert not third.done()
    scene.give_back(first.use())
    assert await third is first
    scene.check()


async def test_nobody_gets_a_slot_before_it_is_verified_clean() -> None:
    scene = Scene(most=1)
    slot = await scene.take()
    slot.wiped.clear()
    scene.give_back(slot.use())
    waiting = asyncio.create_task(scene.take())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    slot.wiped.set()
    assert await waiting is slot


async def test_a_caller_waits_for_a_slot_that_is_being_wiped_and_not_for_a_new_one() -> None:
    scene = Scene(most=2)
    slot = await scene.take()
    slot.wiped.clear()
    scene.give_back(slot.use())
    waiting = [asyncio.create_task(scene.take()) for _ in range(2)]
    await asyncio.sleep(0)
    slot.wiped.set()
    await asyncio.gather(*waiting)
    assert len(scene.maker.made) == 2


async def test_a_caller_who_leaves_as_it_is_served_passes_the_slot_on() -> None:
    scene = Scene(most=1)
    slot = await scene.take()
    leaving = asyncio.create_task(scene.take())
    await asyncio.sleep(0)
    staying = asyncio.create_task(scene.take())
    await asyncio.sleep(0)
    scene.give_back(slot)  # serves the first waiter ...
    leaving.cancel()  # ... who leaves before it has noticed
    assert await staying is slot
    assert leaving.cancelled() or await asyncio.gather(leaving, return_exceptions=True)
    scene.check()


async def test_while_the_engine_refuses_callers_are_told_and_later_ones_are_served() -> None:
    scene = Scene()
    scene.maker.refusals = 2
    with pytest.raises(SandboxLostError, match="the engine is away"):
        await scene.take()
    await scene.quiet()
    assert await scene.take() is scene.maker.made[0]
    scene.check()


async def test_closing_lets_nobody_wait() -> None:
    scene = Scene(most=1)
    await scene.take()
    waiting = asyncio.create_task(scene.take())
    await asyncio.sleep(0)
    scene.group.close()
    with pytest.raises(SandboxLostError, match="shutting down"):
        await waiting
