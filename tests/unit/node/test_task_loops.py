"""How many tasks a node holds at once."""

from __future__ import annotations

import asyncio

from node.application.ports import Delivery
from node.application.task_loops import TaskLoops
from tests.fakes.node import FakeSource
from tests.unit.node.held_runner import HeldRunner, deliveries, running, turns


async def test_nothing_is_taken_before_the_node_is_ready() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)
    async with running(loops):
        await turns()
        assert source.waiting == 0
        await loops.resume()
        await turns()
        assert source.waiting == 2


async def test_as_many_tasks_run_as_there_are_slots_and_no_more_are_taken() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)
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


async def test_a_loop_that_waits_is_not_called_off_where_there_is_room_for_it() -> None:
    source = FakeSource()
    loops = TaskLoops(source, HeldRunner(), 2)
    await loops.resume()
    async with running(loops):
        await turns()
        await loops.resume()
        await turns()
        assert (source.waiting, source.takes) == (2, 2)


async def test_a_lower_limit_calls_off_those_who_wait_and_a_higher_one_brings_them_back() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 4)
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
    loops = TaskLoops(source, runner, 2)
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
    loops = TaskLoops(source, runner, 2)
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
    loops = TaskLoops(source, runner, 2)
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
    loops = TaskLoops(source, runner, 4)
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


def test_nothing_has_run_before_the_first_task() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 2)
    assert (loops.running, loops.take_peak(), loops.open_for) == (0, 0, 0)
