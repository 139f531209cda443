"""Going out of service and coming back."""

from __future__ import annotations

import asyncio

from node.application.draining import Draining
from node.application.task_loops import TaskLoops
from schemas.status import NodeState
from tests.fakes.node import FakeSource, FixedProbe, MemoryDirectory
from tests.unit.node.held_runner import HeldRunner, a_heartbeat, deliveries, running, turns


async def test_a_drain_is_finished_when_nothing_runs_any_more() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)
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
    loops = TaskLoops(source, runner, 1)
    draining = Draining(loops, a_heartbeat(loops, FixedProbe(), MemoryDirectory(), []), bound_s=0.01)
    await loops.resume()
    source.put(*deliveries(1))
    async with running(loops):
        await runner.started.get()
        await draining.begin()
        assert not await asyncio.wait_for(draining.finished(), 1)


async def test_a_drain_can_be_taken_back_while_something_runs() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 2)
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
        assert (draining.wanted, heartbeat.state) == (True, NodeState.DRAINING)
        await draining.take_back()
        await turns()
        assert draining.wanted is False
        assert (finished.done(), heartbeat.state, source.waiting) == (False, NodeState.READY, 1)
        finished.cancel()
        await asyncio.wait({finished})
