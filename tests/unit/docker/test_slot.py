"""One slot's conversation with its agent, the agent being played by the test."""

from __future__ import annotations

import asyncio

import pytest

from node.domain.sandbox import Ending, SandboxLostError
from node.infrastructure.docker.agent_link.frames import Artefact, Failed
from tests.builders import a_launch, some_limits
from tests.fakes.node import nobody
from tests.unit.docker.slot_on_fakes import FakeKills, FakeProcessor, Scene


async def test_a_run_frame_says_all_that_the_launch_says() -> None:
    scene = Scene()
    wanted = a_launch(
        "./a",
        files={"a": b"xy", "b/c": b"z"},
        stdin=b"in",
        executables=frozenset({"a"}),
        env={"K": "v"},
        collect=("*",),
    )
    task = await scene.begin(wanted)
    ((header, body),) = scene.line.sent
    assert body == b"xyzin"
    assert header["files"] == [
        {"name": "a", "size": 2, "executable": True},
        {"name": "b/c", "size": 1, "executable": False},
    ]
    assert (header["stdin_size"], header["env"], header["command"]) == (2, {"K": "v"}, ("./a",))
    assert header["limits"]["memory_bytes"] == wanted.limits.memory_bytes
    assert header["limits"]["processes"] == wanted.limits.processes + 3
    scene.exited()
    await task


async def test_output_is_passed_on_as_it_comes_and_returned_at_the_end() -> None:
    scene = Scene()
    seen: list[tuple[str, bytes]] = []
    task = await scene.begin(on_output=lambda stream, data: seen.append((stream, data)))
    scene.output(b"one")
    scene.output(b"err", "stderr")
    scene.output(b"two")
    assert seen == [("stdout", b"one"), ("stderr", b"err"), ("stdout", b"two")]
    scene.exited(artefacts=[Artefact(name="a", size=2)], body=b"xy", exit_code=3)
    outcome = await task
    assert (outcome.stdout, outcome.stderr, outcome.exit_code) == (b"onetwo", b"err", 3)
    assert outcome.artefacts == {"a": b"xy"}


async def test_it_is_settled_only_after_the_agent_proved_it_clean() -> None:
    scene = Scene()
    task = await scene.begin()
    scene.exited()
    await task
    settled = asyncio.create_task(scene.slot.verified_clean())
    await asyncio.sleep(0)
    assert not settled.done()
    scene.clean()
    assert await settled


async def test_a_second_launch_before_the_first_is_cleaned_up_is_our_mistake() -> None:
    scene = Scene()
    task = await scene.begin()
    scene.exited()
    await task
    with pytest.raises(RuntimeError):
        await scene.slot.run(a_launch(), nobody)


async def test_a_cancelled_run_is_killed_and_the_slot_recovers() -> None:
    scene = Scene()
    seen: list[bytes] = []
    task = await scene.begin(on_output=lambda stream, data: seen.append(data))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert scene.line.sent[-1][0]["type"] == "kill"
    scene.output(b"late")
    scene.exited(ending=Ending.CANCELLED, exit_code=None, signal=9)
    scene.clean()
    assert await scene.slot.verified_clean()
    assert seen == []


async def test_a_kill_ends_the_run_with_what_it_had_printed() -> None:
    scene = Scene()
    task = await scene.begin()
    scene.output(b"partial")
    scene.slot.kill()
    assert scene.line.sent[-1][0] == {"type": "kill", "run_id": scene.run_id}
    scene.exited(ending=Ending.CANCELLED, exit_code=None, signal=9)
    outcome = await task
    assert (outcome.ending, outcome.stdout) == (Ending.CANCELLED, b"partial")


async def test_what_the_agent_could_not_run_is_our_failure_and_the_slot_stays() -> None:
    scene = Scene()
    task = await scene.begin()
    scene.line.deliver(Failed(run_id=scene.run_id, message="no room"))
    scene.clean()
    with pytest.raises(SandboxLostError, match="no room"):
        await task
    assert await scene.slot.verified_clean()


async def test_a_watcher_that_fails_is_not_the_programs_fault() -> None:
    def broken(stream: str, data: bytes) -> None:
        raise ZeroDivisionError

    scene = Scene()
    task = await scene.begin(on_output=broken)
    scene.output(b"x")
    scene.exited()
    assert (await task).stdout == b"x"


@pytest.mark.parametrize(("peak", "reported"), [(77, 77), (None, 11), (0, 11)])
async def test_the_hosts_account_of_memory_is_preferred_to_the_agents(peak: int | None, reported: int) -> None:
    scene = Scene(peak=peak)
    task = await scene.begin()
    scene.exited()
    assert (await task).peak_memory_bytes == reported
    assert scene.account.started == 1


@pytest.mark.parametrize(("agent_reads_it", "told"), [(True, 5), (False, 0)])
async def test_the_hosts_account_is_told_what_was_there_when_the_program_took_over(
    agent_reads_it: bool, told: int
) -> None:
    scene = Scene(peak=77, agent_reads_it=agent_reads_it)
    task = await scene.begin()
    scene.exited(memory_before_bytes=5)
    await task
    assert scene.account.before_bytes == told


@pytest.mark.parametrize(("any_memory", "told"), [(False, [True, False, True]), (True, [True, True, True])])
async def test_what_has_sized_its_heap_is_not_used_for_a_task_with_other_memory(
    any_memory: bool, told: list[bool]
) -> None:
    scene = Scene(waits_for_any_memory=any_memory)
    warm = []
    for memory_bytes in (1, 2, 2):
        scene.slot.memory_bytes = memory_bytes
        task = await scene.begin()
        warm.append(scene.line.sent[-1][0]["warm"])
        scene.exited()
        scene.clean()
        await task
    assert warm == told


async def test_a_kill_that_only_the_host_saw_is_a_memory_limit() -> None:
    kills = FakeKills()
    scene = Scene(kills=kills)
    task = await scene.begin()
    kills.seen = True
    scene.exited(exit_code=None, signal=9, limits_hit=["processes"])
    outcome = await task
    assert (outcome.ending, sorted(outcome.limits_hit)) == (Ending.MEMORY, ["memory", "processes"])
    assert scene.slot.met_its_memory_limit
    scene.clean()
    assert await scene.slot.verified_clean()
    assert kills.calls == ["start", "stop"]


async def test_a_slot_that_the_kernel_ended_for_memory_is_told_with_its_times() -> None:
    scene = Scene(killed_for_memory=True, processor=FakeProcessor(spent_ms=120.0))
    task = await scene.begin()
    scene.output(b"so far")
    scene.line.on_lost("hung up")
    outcome = await task
    assert (outcome.ending, outcome.stdout, outcome.cpu_ms) == (Ending.MEMORY, b"so far", 120.0)
    assert 0 < outcome.wall_ms < 60_000


@pytest.mark.parametrize(("collect", "room"), [((), 64 << 10), (("*",), 1 << 20)])
async def test_the_agent_may_send_no_larger_body_than_output_or_artefacts_need(
    collect: tuple[str, ...], room: int
) -> None:
    scene = Scene()
    await scene.begin(a_launch(collect=collect, limits=some_limits(disk_bytes=1 << 20)))
    assert scene.line.frames.body_limit == room + (64 << 10)
    assert scene.line.sent[-1][0]["collect_bytes"] == (room if collect else 0)
