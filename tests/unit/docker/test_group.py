"""Who gets which slot, and who waits for one."""

from __future__ import annotations

import asyncio

import pytest

from node.domain.sandbox import SandboxLostError
from node.infrastructure.docker.slot.template import SlotSize
from tests.builders import MIB, an_outcome, some_limits
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


@pytest.mark.parametrize(("warm", "baseline", "told"), [(True, 9, 10), (False, 9, 1), (False, 12, 0), (False, 0, 10)])
async def test_a_program_that_starts_an_interpreter_for_itself_is_not_charged_for_it(
    *, warm: bool, baseline: int, told: int
) -> None:
    scene = Scene()
    scene.group.baseline_bytes = baseline * MIB
    outcome = scene.group.charged(an_outcome(peak_memory_bytes=10 * MIB, warm=warm))
    assert outcome.peak_memory_bytes == told * MIB


async def test_a_slot_that_already_grants_the_memory_is_preferred() -> None:
    scene = Scene()
    fits, other = await scene.take(), await scene.take()
    fits.memory_bytes = 7
    for slot in (fits, other):
        scene.give_back(slot.use())
        await scene.quiet()
    assert await scene.take(7) is fits


async def test_where_interpreters_start_in_slots_the_one_that_waited_longest_is_first() -> None:
    scene = Scene(longest_idle_first=True)
    first, second = await scene.take(), await scene.take()
    for slot in (first, second):
        scene.give_back(slot.use())
        await scene.quiet()
    assert await scene.take() is first


async def test_it_grows_to_its_most_and_then_lets_callers_wait() -> None:
    scene = Scene(max_slots=2)
    first = await scene.take()
    await scene.take()
    third = asyncio.create_task(scene.take())
    await scene.quiet()
    assert len(scene.factory.made) == 2
    assert not third.done()
    scene.give_back(first.use())
    assert await third is first
    scene.check()


async def test_nobody_gets_a_slot_before_it_is_verified_clean() -> None:
    scene = Scene(max_slots=1)
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
    scene = Scene(max_slots=2)
    slot = await scene.take()
    slot.wiped.clear()
    scene.give_back(slot.use())
    waiting = [asyncio.create_task(scene.take()) for _ in range(2)]
    await asyncio.sleep(0)
    slot.wiped.set()
    await asyncio.gather(*waiting)
    assert len(scene.factory.made) == 2


async def test_a_caller_who_leaves_as_it_is_served_passes_the_slot_on() -> None:
    scene = Scene(max_slots=1)
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
    scene.factory.refusals = 2
    with pytest.raises(SandboxLostError, match="the engine is away"):
        await scene.take()
    await scene.quiet()
    assert await scene.take() is scene.factory.made[0]
    scene.check()


async def test_closing_lets_nobody_wait() -> None:
    scene = Scene(max_slots=1)
    await scene.take()
    waiting = asyncio.create_task(scene.take())
    await asyncio.sleep(0)
    await scene.group.close()
    with pytest.raises(SandboxLostError, match="shutting down"):
        await waiting


@pytest.mark.parametrize("asked", [{"disk_bytes": 65 * MIB}, {"processes": 65}])
async def test_a_task_that_asks_for_more_than_the_template_has_gets_a_slot_of_its_own(asked: dict[str, int]) -> None:
    scene = Scene()
    wanted = some_limits(**asked)
    source = scene.group.source_for(wanted, 7)
    assert source is not scene.group
    slot = await source.take(7)
    (template,) = scene.factory.templates
    assert template.size == SlotSize(memory_bytes=7, disk_bytes=wanted.disk_bytes, processes=wanted.processes)
    assert scene.group.members == frozenset()
    source.give_back(slot)
    assert scene.factory.destroyed == [slot]


@pytest.mark.parametrize(("can_resize", "memory_bytes", "own"), [(True, 7, False), (False, 1, False), (False, 7, True)])
async def test_only_where_memory_cannot_be_changed_other_memory_means_a_slot_of_its_own(
    can_resize: bool, memory_bytes: int, own: bool
) -> None:
    scene = Scene()
    scene.factory.can_resize = can_resize
    assert (scene.group.source_for(some_limits(), memory_bytes) is not scene.group) is own


async def test_there_are_no_more_slots_of_tasks_own_at_once_than_the_group_may_have() -> None:
    scene = Scene(max_slots=1)
    sources = [scene.group.source_for(some_limits(processes=65), 1) for _ in range(2)]
    first = await sources[0].take(1)
    second = asyncio.create_task(sources[1].take(1))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not second.done()
    sources[0].give_back(first)
    assert await second is scene.factory.made[1]


async def test_while_the_engine_refuses_a_task_gets_no_slot_of_its_own_and_takes_no_room() -> None:
    scene = Scene(max_slots=1)
    scene.factory.refusals = 1
    source = scene.group.source_for(some_limits(processes=65), 1)
    with pytest.raises(SandboxLostError, match="the engine is away"):
        await source.take(1)
    async with asyncio.timeout(5):
        assert await source.take(1) is scene.factory.made[0]


async def test_a_group_that_is_dissolved_destroys_each_slot_once_and_makes_no_other() -> None:
    scene = Scene(spare=2)
    scene.give_back(await scene.take())
    await scene.quiet()
    slots = list(scene.factory.made)
    assert len(slots) == 2
    await scene.group.dissolve()
    for slot in slots:
        slot.lose()
    await scene.quiet()
    assert set(scene.factory.destroyed) == set(slots)
    assert (len(scene.factory.destroyed), len(scene.factory.made)) == (2, 2)


async def test_a_group_says_why_it_can_make_no_slot_until_it_can() -> None:
    scene = Scene()
    scene.factory.refusals = 1
    assert scene.group.trouble == ""
    with pytest.raises(SandboxLostError):
        await scene.take()
    assert scene.group.trouble == "the engine is away"
    await scene.quiet()
    assert scene.group.trouble == ""
    scene.check()
