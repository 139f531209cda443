"""Which slots of a group are destroyed, and what takes their place."""

from __future__ import annotations

import asyncio

from tests.unit.docker.group_on_fakes import Scene


async def test_a_slot_that_does_not_come_clean_is_destroyed_once_and_replaced() -> None:
    scene = Scene(max_slots=1)
    slot = await scene.take()
    slot.wiped.clear()
    scene.give_back(slot.use())
    slot.lose()
    assert await scene.take() is not slot
    assert scene.factory.destroyed == [slot]
    scene.check()


async def test_a_free_slot_that_dies_is_replaced_before_anybody_asks() -> None:
    scene = Scene()
    slot = await scene.take()
    scene.give_back(slot)
    slot.lose()
    await scene.quiet()
    assert scene.group.free == 1
    assert await scene.take() is not slot
    scene.check()


async def test_a_slot_that_dies_in_its_holders_hands_is_destroyed_when_it_comes_back() -> None:
    scene = Scene()
    slot = await scene.take()
    slot.use().lose()
    assert scene.factory.destroyed == []
    scene.give_back(slot)
    await scene.quiet()
    assert scene.factory.destroyed == [slot]
    scene.check()


async def test_a_worn_slot_is_replaced_and_serves_until_its_replacement_is_there() -> None:
    scene = Scene(max_slots=1, retire_after=1)
    slot = await scene.take()
    scene.give_back(slot.use())
    await scene.quiet()
    assert scene.factory.destroyed == [slot]
    assert scene.group.free == 1
    scene.check()


async def test_the_replacement_of_a_worn_slot_that_still_serves_is_not_handed_out_beside_it() -> None:
    """A full group handed out one slot more than its most."""
    scene = Scene(max_slots=1, retire_after=1)
    worn = (await scene.take()).use()
    second, third = asyncio.create_task(scene.take()), asyncio.create_task(scene.take())
    await asyncio.sleep(0)
    scene.give_back(worn)
    assert await second is worn
    await scene.quiet()
    assert (len(scene.factory.made), len(scene.group.members)) == (2, 2)
    assert not third.done()
    scene.give_back(worn.use())
    replacement = await third
    assert replacement is scene.factory.made[1]
    assert scene.factory.destroyed == [worn]
    scene.check()


async def test_a_replacement_that_dies_while_it_stands_by_is_replaced_too() -> None:
    scene = Scene(max_slots=1, retire_after=1)
    worn = (await scene.take()).use()
    second = asyncio.create_task(scene.take())
    await asyncio.sleep(0)
    scene.give_back(worn)
    assert await second is worn
    await scene.quiet()
    scene.factory.made[1].lose()
    scene.give_back(worn.use())
    await scene.quiet()
    assert scene.factory.destroyed == [scene.factory.made[1], worn]
    assert await scene.take() is scene.factory.made[2]
    scene.check()


async def test_a_slot_that_met_the_oom_killer_is_replaced() -> None:
    scene = Scene(max_slots=1)
    slot = (await scene.take()).use()
    slot.met_its_memory_limit = True
    scene.give_back(slot)
    await scene.quiet()
    assert scene.factory.destroyed == [slot]
    assert scene.group.free == 1
    scene.check()


async def test_single_use_slots_serve_once_and_a_spare_waits() -> None:
    scene = Scene(single_use=True, max_slots=1, spare=1)
    slot = await scene.take()
    await scene.quiet()
    assert scene.group.free == 1
    scene.give_back(slot.use())
    await scene.quiet()
    assert scene.factory.destroyed == [slot]
    assert await scene.take() is not slot
    scene.check()


async def test_slots_that_were_not_needed_between_two_looks_go_but_for_the_spares() -> None:
    scene = Scene(max_slots=4, spare=1)
    slots = [await scene.take() for _ in range(4)]
    for slot in slots:
        scene.give_back(slot)
    scene.group.shrink()
    assert len(scene.group.members) == 4
    pair = [await scene.take(), await scene.take()]
    for slot in pair:
        scene.give_back(slot)
    scene.group.shrink()
    assert len(scene.group.members) == 3
    scene.group.shrink()
    assert len(scene.group.members) == 1
    scene.group.shrink()
    assert len(scene.group.members) == 1
    scene.check()
