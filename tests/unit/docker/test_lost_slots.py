"""What costs a slot its life, and what becomes of the task that was in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from node.domain.sandbox import Ending, SandboxLostError
from node.infrastructure.docker.agent_link.frames import Artefact, Clean, Output
from tests.builders import a_launch, some_limits
from tests.unit.docker.slot_on_fakes import FakeKills, Scene


async def test_a_slot_that_is_not_clean_is_lost() -> None:
    scene = Scene()
    task = await scene.begin()
    scene.exited()
    scene.clean(ok=False)
    assert (await task).exit_code == 0
    assert not await scene.slot.verified_clean()
    assert "a file is left" in scene.slot.lost
    assert scene.losses == [scene.slot]


async def test_a_slot_that_keeps_memory_from_its_next_program_is_lost_after_the_result() -> None:
    scene = Scene(excess=7)
    running = await scene.begin()
    scene.exited()
    assert (await running).ending is Ending.EXITED
    scene.clean()
    assert not await scene.slot.verified_clean()
    assert scene.slot.lost == "7 bytes that its next program is granted are not free again"
    assert scene.losses == [scene.slot]


async def test_a_line_that_breaks_loses_the_running_task_and_the_slot_once() -> None:
    scene = Scene()
    task = await scene.begin()
    scene.line.on_lost("the container died")
    scene.slot.lose("again")
    with pytest.raises(SandboxLostError, match="the container died"):
        await task
    assert not await scene.slot.verified_clean()
    assert scene.losses == [scene.slot]
    assert scene.line.closed


async def test_a_slot_whose_line_has_ended_unheard_is_lost_before_anything_is_sent_to_it() -> None:
    scene = Scene()
    scene.line.has_ended = True
    assert not await scene.slot.verified_clean()
    assert (scene.line.sent, scene.losses) == ([], [scene.slot])


async def test_a_container_that_was_killed_for_memory_ends_its_task_with_memory_and_its_output() -> None:
    scene = Scene(killed_for_memory=True)
    task = await scene.begin()
    scene.output(b"so far")
    scene.line.on_lost("the container died")
    outcome = await task
    assert (outcome.ending, outcome.stdout) == (Ending.MEMORY, b"so far")
    assert not await scene.slot.verified_clean()


async def test_a_memory_mark_left_by_an_earlier_task_is_not_held_against_this_one() -> None:
    scene = Scene(killed_for_memory=True)
    first = await scene.begin()
    scene.exited(ending=Ending.MEMORY)
    scene.clean()
    await first
    second = await scene.begin()
    scene.line.on_lost("the container died")
    with pytest.raises(SandboxLostError):
        await second


async def test_an_agent_that_does_not_end_its_program_in_time_loses_the_slot() -> None:
    scene = Scene(patience_s=0.01)
    task = await scene.begin(a_launch(limits=some_limits(wall_ms=1)))
    with pytest.raises(SandboxLostError, match="in time"):
        await task


async def test_an_agent_that_does_not_clean_up_in_time_loses_the_slot() -> None:
    scene = Scene(patience_s=0.01)
    task = await scene.begin()
    scene.exited()
    await task
    assert not await scene.slot.verified_clean()


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda scene: scene.line.deliver(Output(run_id="other", stream="stdout"), b""),
        lambda scene: scene.clean(),
        lambda scene: scene.output(b"x" * ((64 << 10) + 1)),
        lambda scene: (scene.exited(), scene.exited()),
        lambda scene: (scene.exited(), scene.output(b"late")),
        lambda scene: scene.exited(artefacts=[Artefact(name="../up", size=0)]),
    ],
)
async def test_an_agent_that_talks_nonsense_loses_the_slot(nonsense: Callable[[Scene], object]) -> None:
    scene = Scene()
    task = await scene.begin()
    nonsense(scene)
    assert not await scene.slot.verified_clean()
    await asyncio.gather(task, return_exceptions=True)
    assert scene.losses == [scene.slot]


async def test_a_message_while_nothing_runs_loses_the_slot() -> None:
    scene = Scene()
    scene.line.deliver(Clean(run_id="1", ok=True, problems=[]))
    assert "not under way" in scene.slot.lost


async def test_a_container_that_died_of_a_kill_that_the_host_saw_ends_its_task_with_memory() -> None:
    kills = FakeKills()
    scene = Scene(kills=kills)
    task = await scene.begin()
    kills.seen = True
    scene.line.on_lost("the container died")
    kills.seen = False  # its files are gone
    assert (await task).ending is Ending.MEMORY
    assert kills.calls == ["start", "close"]
