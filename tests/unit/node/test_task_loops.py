from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from node.application.draining import Draining
from node.application.heartbeat import Heartbeat, Identity
from node.application.ports import Delivery
from node.application.task_loops import TaskLoops
from node.domain.load import Load, Thresholds
from schemas.status import NodeState
from tests.builders import CPP, PYTHON, a_task
from tests.fakes.node import FakeDelivery, FakeSource, FixedProbe, MemoryDirectory, ScriptedPool


class HeldRunner:
    """Every task runs until it is released."""

    def __init__(self) -> None:
        self.started: asyncio.Queue[str] = asyncio.Queue()
        self.release = asyncio.Event()
        self.finished: list[str] = []
        self.stopped: list[str] = []

    async def handle(self, delivery: Delivery) -> None:
        self.started.put_nowait(delivery.task.id)
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.stopped.append(delivery.task.id)
            raise
        self.finished.append(delivery.task.id)


async def turns(count: int = 20) -> None:
    """Lets everything that is ready run."""
    for _ in range(count):
        await asyncio.sleep(0)


@asynccontextmanager
async def running(loops: TaskLoops) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(loops.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


def deliveries(count: int) -> list[FakeDelivery]:
    return [FakeDelivery(a_task(f"t{index}")) for index in range(count)]


async def test_nothing_is_taken_before_the_node_is_ready() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)  # type: ignore[arg-type] # the runner's shape is enough
    async with running(loops):
        await turns()
        assert source.waiting == 0
        await loops.resume()
        await turns()
        assert source.waiting == 2


async def test_as_many_tasks_run_as_there_are_slots_and_no_more_are_taken() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)  # type: ignore[arg-type] # the runner's shape is enough
    await loops.resume()
    source.put(*deliveries(5))
    async with running(loops):
        await turns()
        assert runner.started.qsize() == 2
        assert (loops.running, source.waiting) == (2, 0)
        runner.release.set()
        await turns(60)
        assert len(runner.finished) == 5
        assert loops.take_peak() == 2


async def test_a_lower_limit_calls_off_those_who_wait_and_a_higher_one_brings_them_back() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 4)  # type: ignore[arg-type] # the runner's shape is enough
    await loops.resume()
    async with running(loops):
        await turns()
        assert source.waiting == 4
        await loops.set_limit(1)
        await loops.set_limit(0)
        await loops.set_limit(1)
        await turns()
        assert source.waiting == 1
        await loops.set_limit(4)
        await turns()
        assert source.waiting == 4


async def test_a_limit_below_what_runs_lets_it_finish_and_takes_nothing_new() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)  # type: ignore[arg-type] # the runner's shape is enough
    await loops.resume()
    source.put(*deliveries(3))
    async with running(loops):
        await turns()
        await loops.set_limit(0)
        runner.release.set()
        await turns()
        assert len(runner.finished) == 2
        assert source.waiting == 0


async def test_close_ends_the_loops_once_their_tasks_are_finished() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)  # type: ignore[arg-type] # the runner's shape is enough
    await loops.resume()
    source.put(*deliveries(1))
    async with running(loops) as task:
        await turns()
        await loops.close()
        await turns()
        assert not task.done()
        runner.release.set()
        await asyncio.wait_for(task, 1)


class SelectiveRunner:
    """Every task runs until it itself is released."""

    def __init__(self) -> None:
        self.release = {"t0": asyncio.Event(), "t1": asyncio.Event()}

    async def handle(self, delivery: Delivery) -> None:
        await self.release[delivery.task.id].wait()


async def test_it_is_quiet_only_once_the_last_task_has_ended() -> None:
    source, runner = FakeSource(), SelectiveRunner()
    loops = TaskLoops(source, runner, 2)  # type: ignore[arg-type] # the runner's shape is enough
    await loops.resume()
    source.put(*deliveries(2))
    async with running(loops):
        await turns()
        quiet = asyncio.create_task(loops.wait_until_quiet())
        runner.release["t0"].set()
        await turns()
        assert (loops.running, quiet.done()) == (1, False)
        runner.release["t1"].set()
        await turns()
        assert (loops.running, quiet.done()) == (0, True)


async def test_a_lower_limit_calls_off_as_many_waits_as_it_must_and_counts_what_runs() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 4)  # type: ignore[arg-type] # the runner's shape is enough
    await loops.resume()
    async with running(loops):
        await turns()
        source.put(*deliveries(1))
        await turns()
        assert (loops.running, source.waiting) == (1, 3)
        taken_before = source.takes
        await loops.set_limit(2)
        await turns()
        assert (loops.running, source.waiting) == (1, 1)
        assert source.takes == taken_before, "the wait that may go on was called off too"


def a_heartbeat(
    loops: TaskLoops,
    probe: FixedProbe,
    directory: MemoryDirectory,
    alarms: list[list[str]],
    pool: ScriptedPool | None = None,
    announce_s: float = 60,
) -> Heartbeat:
    identity = Identity(
        id="n1",
        host="h",
        pools=("default",),
        labels={},
        capacity=4,
        cores=2,
        version="1",
        sandbox_runtime="runc",
        started_at_ms=1,
        thresholds=Thresholds(cpu_percent=90, memory_percent=80, disk_percent=95),
    )
    return Heartbeat(
        identity,
        probe=probe,
        task_loops=loops,
        pool=pool or ScriptedPool(),
        directory=directory,
        clock=lambda: 2_000.0,
        on_alarms=lambda raised: alarms.append(list(raised)),
        announce_s=announce_s,
        sample_s=0.001,
    )


async def test_a_node_over_its_thresholds_says_so_once_and_takes_nothing_until_it_is_not() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)  # type: ignore[arg-type] # the runner's shape is enough
    await loops.resume()
    alarms: list[list[str]] = []
    probe = FixedProbe(memory=85)
    heartbeat = a_heartbeat(loops, probe, MemoryDirectory(), alarms)
    heartbeat.started()
    await heartbeat.sample()
    await heartbeat.sample()
    assert (heartbeat.state, loops.open_for) == (NodeState.OVERLOADED, 0)
    assert alarms == [["memory 85 % >= 80 %"]]
    probe.load = FixedProbe(memory=10).load
    await heartbeat.sample()
    assert (heartbeat.state, loops.open_for) == (NodeState.READY, 4)
    assert alarms[-1] == []


async def test_a_change_of_state_is_announced_at_once() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)  # type: ignore[arg-type] # the runner's shape is enough
    directory = MemoryDirectory()
    heartbeat = a_heartbeat(loops, FixedProbe(cpu=50), directory, [])
    beating = asyncio.create_task(heartbeat.run())
    await directory.announced.wait()
    assert directory.records[-1].state is NodeState.STARTING
    directory.announced.clear()
    heartbeat.started()
    await asyncio.wait_for(directory.announced.wait(), 1)
    record = directory.records[-1]
    assert (record.state, record.load_score) == (NodeState.READY, 20.0)
    assert [(language.name, language.compiled) for language in record.languages] == [("python", False), ("cpp", True)]
    beating.cancel()
    await asyncio.wait({beating})


class CountingProbe(FixedProbe):
    """Says when it was asked so many times more."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 0
        self._done = asyncio.Event()

    def measure(self) -> Load:
        self._left -= 1
        if self._left <= 0:
            self._done.set()
        return super().measure()

    async def measured(self, times: int) -> None:
        self._left = times
        self._done.clear()
        await asyncio.wait_for(self._done.wait(), 5)


async def test_a_node_of_which_nothing_changes_is_announced_once_in_a_period_and_not_with_every_measurement() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)  # type: ignore[arg-type] # the runner's shape is enough
    directory, probe = MemoryDirectory(), CountingProbe()
    heartbeat = a_heartbeat(loops, probe, directory, [])
    beating = asyncio.create_task(heartbeat.run())
    await probe.measured(20)
    assert len(directory.records) == 1
    heartbeat.started()
    await probe.measured(20)
    assert len(directory.records) == 2
    beating.cancel()
    await asyncio.wait({beating})


async def test_a_node_of_which_nothing_changes_is_announced_again_when_the_period_is_over() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)  # type: ignore[arg-type] # the runner's shape is enough
    directory, probe = MemoryDirectory(), CountingProbe()
    beating = asyncio.create_task(a_heartbeat(loops, probe, directory, [], announce_s=0.005).run())
    await directory.announced.wait()
    for _ in range(3):
        directory.announced.clear()
        await asyncio.wait_for(directory.announced.wait(), 5)
    beating.cancel()
    await asyncio.wait({beating})


async def test_a_language_that_joins_in_is_announced_at_once() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)  # type: ignore[arg-type] # the runner's shape is enough
    directory, pool = MemoryDirectory(), ScriptedPool(languages=[PYTHON])
    beating = asyncio.create_task(a_heartbeat(loops, FixedProbe(), directory, [], pool).run())
    await directory.announced.wait()
    directory.announced.clear()
    pool.served.append((CPP, "14"))
    await asyncio.wait_for(directory.announced.wait(), 1)
    assert [language.name for language in directory.records[-1].languages] == ["python", "cpp"]
    beating.cancel()
    await asyncio.wait({beating})


async def test_a_drain_is_finished_when_nothing_runs_any_more() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)  # type: ignore[arg-type] # the runner's shape is enough
    draining = Draining(loops, a_heartbeat(loops, FixedProbe(), MemoryDirectory(), []), bound_s=10)
    await loops.resume()
    source.put(*deliveries(3))
    async with running(loops):
        await turns()
        await loops.set_limit(2)
        await draining.begin()
        finished = asyncio.create_task(draining.finished())
        await turns()
        assert not finished.done()
        runner.release.set()
        assert await asyncio.wait_for(finished, 1)
        assert len(runner.finished) == 2


async def test_a_drain_that_takes_too_long_ends_at_its_bound() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 1)  # type: ignore[arg-type] # the runner's shape is enough
    draining = Draining(loops, a_heartbeat(loops, FixedProbe(), MemoryDirectory(), []), bound_s=0.01)
    await loops.resume()
    source.put(*deliveries(1))
    async with running(loops):
        await runner.started.get()
        await draining.begin()
        assert not await asyncio.wait_for(draining.finished(), 1)


async def test_a_drain_can_be_taken_back_while_something_runs() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)  # type: ignore[arg-type] # the runner's shape is enough
    heartbeat = a_heartbeat(loops, FixedProbe(), MemoryDirectory(), [])
    heartbeat.started()
    draining = Draining(loops, heartbeat, bound_s=10)
    await loops.resume()
    source.put(*deliveries(1))
    async with running(loops):
        await runner.started.get()
        finished = asyncio.create_task(draining.finished())
        await draining.begin()
        await turns()
        assert heartbeat.state is NodeState.DRAINING
        await draining.take_back()
        await turns()
        assert (finished.done(), heartbeat.state, source.waiting) == (False, NodeState.READY, 1)
        finished.cancel()
        await asyncio.wait({finished})
