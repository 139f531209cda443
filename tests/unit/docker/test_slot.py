"""One slot's conversation with its agent, the agent being played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from node.domain.sandbox import Ending, Launch, Outcome, SandboxLostError
from node.infrastructure.docker.frames import Artefact, Clean, Decoder, Exited, Failed, FrameError, Output
from node.infrastructure.docker.slot import Slot
from tests.unit.docker.builders import launch, limits, nobody


class FakeLine:
    """Takes down what is sent; ``deliver`` plays the agent."""

    def __init__(self) -> None:
        self.on_message: Callable[[Any, bytearray], None] = lambda message, body: None
        self.on_lost: Callable[[str], None] = lambda reason: None
        self.frames = Decoder()
        self.sent: list[tuple[dict[str, Any], bytes]] = []
        self.closed = False
        self.has_ended = False

    def send(self, header: dict[str, Any], *body: bytes) -> None:
        self.sent.append((header, b"".join(body)))

    def close(self) -> None:
        self.closed = True

    def deliver(self, message: Any, body: bytes = b"") -> None:
        try:
            self.on_message(message, bytearray(body))
        except FrameError as error:
            self.on_lost(str(error))


class FakeAccount:
    def __init__(self, peak: int | None) -> None:
        self.peak = peak
        self.started = 0

    def start(self) -> None:
        self.started += 1

    def peak_bytes(self) -> int | None:
        return self.peak

    def close(self) -> None:
        pass


class FakeHeld:
    def __init__(self, excess: int) -> None:
        self.excess_bytes = lambda: excess
        self.close = lambda: None


class Scene:
    def __init__(
        self, *, peak: int | None = None, patience_s: float = 5.0, killed_for_memory: bool = False, excess: int = 0
    ) -> None:
        async def out_of_memory(container_id: str) -> bool:
            return killed_for_memory

        self.line = FakeLine()
        self.account = FakeAccount(peak)
        self.losses: list[Slot] = []
        self.slot = Slot(
            container_id="c",
            uid=1,
            memory_bytes=1,
            overhead_bytes=0,
            overhead_processes=3,
            line=self.line,  # type: ignore[arg-type]  # a fake
            account=self.account,  # type: ignore[arg-type]  # a fake
            patience_s=patience_s,
            out_of_memory=out_of_memory,
            held=FakeHeld(excess),  # type: ignore[arg-type]  # a fake
        )
        self.slot.on_lost = self.losses.append

    async def begin(self, what: Launch | None = None, on_output: Any = nobody) -> asyncio.Task[Outcome]:
        task = asyncio.create_task(self.slot.run(what or launch(), on_output))
        await asyncio.sleep(0)
        return task

    @property
    def run_id(self) -> str:
        return str(self.line.sent[-1][0]["run_id"])

    def output(self, data: bytes, stream: Any = "stdout") -> None:
        self.line.deliver(Output(run_id=self.run_id, stream=stream), data)

    def exited(self, body: bytes = b"", **changes: Any) -> None:
        self.line.deliver(Exited(**{**self._exit_fields(), **changes}), body)

    def clean(self, *, ok: bool = True) -> None:
        self.line.deliver(Clean(run_id=self.run_id, ok=ok, problems=[] if ok else ["a file is left"]))

    def _exit_fields(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "ending": Ending.EXITED,
            "exit_code": 0,
            "signal": None,
            "wall_ms": 1.0,
            "cpu_ms": 1.0,
            "peak_memory_bytes": 11,
            "stdout_truncated": False,
            "stderr_truncated": False,
            "limits_hit": [],
            "artefacts": [],
        }


async def test_a_run_frame_says_all_that_the_launch_says() -> None:
    scene = Scene()
    wanted = launch(
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
    settled = asyncio.create_task(scene.slot.settled())
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
        await scene.slot.run(launch(), nobody)


async def test_a_slot_that_is_not_clean_is_lost() -> None:
    scene = Scene()
    task = await scene.begin()
    scene.exited()
    scene.clean(ok=False)
    assert (await task).exit_code == 0
    assert not await scene.slot.settled()
    assert "a file is left" in scene.slot.lost
    assert scene.losses == [scene.slot]


async def test_a_slot_that_keeps_memory_from_its_next_program_is_lost_after_the_result() -> None:
    scene = Scene(excess=7)
    running = await scene.begin()
    scene.exited()
    assert (await running).ending is Ending.EXITED
    scene.clean()
    assert not await scene.slot.settled()
    assert scene.slot.lost == "7 bytes that its next program is granted are not free again"
    assert scene.losses == [scene.slot]


async def test_a_line_that_breaks_loses_the_running_task_and_the_slot_once() -> None:
    scene = Scene()
    task = await scene.begin()
    scene.line.on_lost("the container died")
    scene.slot.lose("again")
    with pytest.raises(SandboxLostError, match="the container died"):
        await task
    assert not await scene.slot.settled()
    assert scene.losses == [scene.slot]
    assert scene.line.closed


async def test_a_slot_whose_line_has_ended_unheard_is_lost_before_anything_is_sent_to_it() -> None:
    scene = Scene()
    scene.line.has_ended = True
    assert not await scene.slot.settled()
    assert (scene.line.sent, scene.losses) == ([], [scene.slot])


async def test_a_container_that_was_killed_for_memory_ends_its_task_with_memory_and_its_output() -> None:
    scene = Scene(killed_for_memory=True)
    task = await scene.begin()
    scene.output(b"so far")
    scene.line.on_lost("the container died")
    outcome = await task
    assert (outcome.ending, outcome.stdout) == (Ending.MEMORY, b"so far")
    assert not await scene.slot.settled()


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
    assert await scene.slot.settled()
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


async def test_an_agent_that_does_not_end_its_program_in_time_loses_the_slot() -> None:
    scene = Scene(patience_s=0.01)
    task = await scene.begin(launch(limits=limits(wall_ms=1)))
    with pytest.raises(SandboxLostError, match="in time"):
        await task


async def test_an_agent_that_does_not_clean_up_in_time_loses_the_slot() -> None:
    scene = Scene(patience_s=0.01)
    task = await scene.begin()
    scene.exited()
    await task
    assert not await scene.slot.settled()


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
    assert not await scene.slot.settled()
    await asyncio.gather(task, return_exceptions=True)
    assert scene.losses == [scene.slot]


async def test_a_message_while_nothing_runs_loses_the_slot() -> None:
    scene = Scene()
    scene.line.deliver(Clean(run_id="1", ok=True, problems=[]))
    assert "not under way" in scene.slot.lost


async def test_what_the_agent_could_not_run_is_our_failure_and_the_slot_stays() -> None:
    scene = Scene()
    task = await scene.begin()
    scene.line.deliver(Failed(run_id=scene.run_id, message="no room"))
    scene.clean()
    with pytest.raises(SandboxLostError, match="no room"):
        await task
    assert await scene.slot.settled()


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


async def test_what_waits_is_not_used_for_a_task_with_other_memory_than_it_was_started_with() -> None:
    scene = Scene()
    warm = []
    for memory_bytes in (1, 2, 2):
        scene.slot.memory_bytes = memory_bytes
        task = await scene.begin()
        warm.append(scene.line.sent[-1][0]["warm"])
        scene.exited()
        scene.clean()
        await task
    assert warm == [True, False, True]
