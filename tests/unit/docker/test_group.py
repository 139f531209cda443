"""Who gets which slot, and that each slot is handed back or destroyed exactly once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import stamina

from node.domain.sandbox import SandboxLostError
from node.infrastructure.docker.background import Background
from node.infrastructure.docker.engine import EngineError
from node.infrastructure.docker.group import GroupPolicy, SlotGroup


class FakeSlot:
    """Settles when the test says so."""

    def __init__(self, memory_bytes: int = 1) -> None:
        self.memory_bytes = memory_bytes
        self.launches = 0
        self.met_its_memory_limit = False
        self.lost = ""
        self.on_lost: Callable[[FakeSlot], None] = lambda slot: None
        self.wiped = asyncio.Event()
        self.wiped.set()

    def use(self) -> FakeSlot:
        self.launches += 1
        return self

    def lose(self) -> None:
        if not self.lost:
            self.lost = "killed"
            self.wiped.set()
            self.on_lost(self)

    async def settled(self) -> bool:
        await self.wiped.wait()
        return not self.lost


class FakeMaker:
    def __init__(self) -> None:
        self.made: list[FakeSlot] = []
        self.unmade: list[FakeSlot] = []
        self.refusals = 0
        self.memory_bytes = 1

    async def make(self) -> FakeSlot:
        await asyncio.sleep(0)
        if self.refusals:
            self.refusals -= 1
            raise EngineError("the engine is away")
        self.made.append(FakeSlot(self.memory_bytes))
        return self.made[-1]

    def unmake(self, slot: FakeSlot) -> None:
        self.unmade.append(slot)


class Scene:
    """A group, what it was given, and the work it does in the background."""

    def __init__(self, **policy: Any) -> None:
        usual = {"most": 2, "spare": 1, "single_use": False, "retire_after": 100}
        self.maker = FakeMaker()
        self.background = Background()
        self.group = SlotGroup(self.maker, GroupPolicy(**{**usual, **policy}, retry_most_s=0.01), self.background)  # type: ignore[arg-type]  # fakes

    async def take(self, memory_bytes: int = 1) -> FakeSlot:
        async with asyncio.timeout(5):
            return await self.group.take(memory_bytes)  # type: ignore[return-value]  # a fake

    def give_back(self, slot: FakeSlot) -> None:
        self.group.give_back(slot)  # type: ignore[arg-type]  # a fake

    async def quiet(self) -> None:
        async with asyncio.timeout(5):
            await self.background.drain()

    def check(self) -> None:
        """Every slot that was made is a member or was unmade, once."""
        assert max(Counter(map(id, self.maker.unmade)).values(), default=1) == 1
        assert {*self.maker.unmade, *self.group.members} == set(self.maker.made)
        assert not {*self.maker.unmade} & {*self.group.members}


@pytest.fixture(autouse=True)
def short_pauses() -> Any:
    with stamina.set_testing(False):
        yield


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


async def test_a_slot_that_does_not_come_clean_is_destroyed_once_and_replaced() -> None:
    scene = Scene(most=1)
    slot = await scene.take()
    slot.wiped.clear()
    scene.give_back(slot.use())
    slot.lose()
    assert await scene.take() is not slot
    assert scene.maker.unmade == [slot]
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
    assert scene.maker.unmade == []
    scene.give_back(slot)
    await scene.quiet()
    assert scene.maker.unmade == [slot]
    scene.check()


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


async def test_a_worn_slot_is_replaced_and_serves_until_its_replacement_is_there() -> None:
    scene = Scene(most=1, retire_after=1)
    slot = await scene.take()
    scene.give_back(slot.use())
    await scene.quiet()
    assert scene.maker.unmade == [slot]
    assert scene.group.free == 1
    scene.check()


async def test_a_slot_that_met_the_oom_killer_is_replaced() -> None:
    scene = Scene(most=1)
    slot = (await scene.take()).use()
    slot.met_its_memory_limit = True
    scene.give_back(slot)
    await scene.quiet()
    assert scene.maker.unmade == [slot]
    assert scene.group.free == 1
    scene.check()


async def test_single_use_slots_serve_once_and_a_spare_waits() -> None:
    scene = Scene(single_use=True, most=1, spare=1)
    slot = await scene.take()
    await scene.quiet()
    assert scene.group.free == 1
    scene.give_back(slot.use())
    await scene.quiet()
    assert scene.maker.unmade == [slot]
    assert await scene.take() is not slot
    scene.check()


async def test_slots_that_were_not_needed_between_two_looks_go_but_for_the_spares() -> None:
    scene = Scene(most=4, spare=1)
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


async def test_where_interpreters_start_in_slots_the_one_that_waited_longest_is_first() -> None:
    scene = Scene(rested_first=True)
    first, second = await scene.take(), await scene.take()
    for slot in (first, second):
        scene.give_back(slot.use())
        await scene.quiet()
    assert await scene.take() is first


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


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("single_use", [False, True])
async def test_whatever_fails_in_whatever_order_no_slot_leaks_and_none_is_destroyed_twice(
    seed: int, single_use: bool
) -> None:
    chance = random.Random(seed)
    scene = Scene(most=3, spare=2, single_use=single_use, retire_after=5)
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
            scene.maker.refusals = 1
        if chance.random() < 0.2 and scene.maker.made:
            chance.choice(scene.maker.made).lose()
        if chance.random() < 0.5:
            await asyncio.sleep(0)
    async with asyncio.timeout(5):
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [end for end in ends if end and not isinstance(end, asyncio.CancelledError | ZeroDivisionError)] == []
    await scene.quiet()
    scene.check()
    assert scene.group.free == len(scene.group.members)
    assert await scene.take() in scene.group.members
