"""What a group of slots tells of them: their states, and why they were destroyed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from node.domain.language import Warm
from node.infrastructure.docker.pool.group import SlotGroup
from node.infrastructure.slot_figures import Retirement, SlotCounts
from tests.builders import a_launch, an_outcome
from tests.unit.docker.group_on_fakes import TEMPLATE, FakeSlot, Scene

NOTHING = {"free": 0, "held": 0, "wiping": 0, "standby": 0, "creating": 0}


async def test_each_slot_is_in_one_state() -> None:
    scene = Scene(max_slots=2)
    assert scene.group.states() == NOTHING
    first = await scene.take()
    assert scene.group.states() == {**NOTHING, "held": 1}
    second = asyncio.create_task(scene.take())
    await asyncio.sleep(0)
    assert scene.group.states() == {**NOTHING, "held": 1, "creating": 1}
    scene.give_back(await second)
    assert scene.group.states() == {**NOTHING, "held": 1, "free": 1}
    first.wiped.clear()
    scene.give_back(first.use())
    assert scene.group.states() == {**NOTHING, "wiping": 1, "free": 1}
    first.wiped.set()
    await scene.quiet()
    assert scene.group.states() == {**NOTHING, "free": 2}


async def test_a_task_that_finds_no_slot_free_is_counted() -> None:
    scene = Scene()
    scene.give_back(await scene.take())
    assert scene.group.counts.waits == 1
    await scene.take()
    assert scene.group.counts.waits == 1


def lose(slot: FakeSlot) -> None:
    slot.lose()


def meet_the_memory_limit(slot: FakeSlot) -> None:
    slot.met_its_memory_limit = True


def wear_out(slot: FakeSlot) -> None:
    slot.launches = 99


def nothing(slot: FakeSlot) -> None:
    del slot


@pytest.mark.parametrize(
    ("happens", "policy", "reason"),
    [
        (lose, {}, Retirement.LOST),
        (lose, {"single_use": True}, Retirement.LOST),
        (nothing, {"single_use": True}, Retirement.SINGLE_USE),
        (meet_the_memory_limit, {}, Retirement.MEMORY_LIMIT),
        (wear_out, {}, Retirement.LAUNCHES),
    ],
)
async def test_a_slot_that_is_destroyed_is_counted_once_with_the_reason(
    happens: object, policy: dict[str, object], reason: Retirement
) -> None:
    scene = Scene(**policy)
    slot = await scene.take()
    assert callable(happens)
    happens(slot)
    scene.give_back(slot.use())
    await scene.quiet()
    assert slot in scene.factory.destroyed
    assert scene.group.counts.retired == {reason: 1}


async def test_a_slot_that_nobody_needed_is_idle_and_one_of_an_old_image_outdated() -> None:
    scene = Scene(max_slots=2)
    for slot in (await scene.take(), await scene.take()):
        scene.give_back(slot)
    scene.group.shrink()
    scene.group.shrink()
    assert scene.group.counts.retired == {Retirement.IDLE: 1}
    await scene.group.dissolve()
    assert scene.group.counts.retired == {Retirement.IDLE: 1, Retirement.OUTDATED: 1}


@pytest.mark.parametrize(
    ("keeps_one", "wanted", "was_warm", "counted"),
    [(True, True, False, 1), (True, True, True, 0), (True, False, False, 0), (False, True, False, 0)],
)
async def test_a_program_that_found_no_interpreter_waiting_is_counted_where_there_should_be_one(
    *, keeps_one: bool, wanted: bool, was_warm: bool, counted: int
) -> None:
    warm = Warm("prestart", ("python3",)) if keeps_one else None
    template = replace(TEMPLATE, language=replace(TEMPLATE.language, warm=warm))
    scene = Scene()
    group = SlotGroup(template, scene.factory, scene.group._policy, SlotCounts(waits=7))  # type: ignore[arg-type]  # a fake
    group.note(replace(a_launch(), warm=wanted), an_outcome(warm=was_warm))
    assert group.counts == SlotCounts(waits=7, cold_starts=counted)
