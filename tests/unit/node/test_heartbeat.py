"""When a node measures, what it makes of it, and when it says so."""

from __future__ import annotations

import asyncio

import pytest

from node.application.task_loops import TaskLoops
from node.domain.load import Load
from schemas.status import NodeState
from tests.builders import CPP, PYTHON
from tests.fakes.node import FakeSource, FixedProbe, MemoryDirectory, ScriptedPool
from tests.unit.node.held_runner import HeldRunner, a_heartbeat


async def test_a_node_over_its_thresholds_says_so_once_and_takes_nothing_until_it_is_not() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)
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


def test_a_node_that_has_not_measured_yet_tells_of_no_load() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)
    record = a_heartbeat(loops, FixedProbe(50, 50, 50), MemoryDirectory(), []).record()
    assert (record.cpu_percent, record.memory_percent, record.disk_percent, record.load_score) == (0, 0, 0, 0)


async def test_a_heartbeat_tells_what_it_measured_last() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)
    heartbeat = a_heartbeat(loops, FixedProbe(50, 85, 99), MemoryDirectory(), [])
    assert (heartbeat.load, heartbeat.alarms, heartbeat.score, heartbeat.decile) == (Load(0, 0, 0), (), 0, 0)
    await heartbeat.sample()
    assert (heartbeat.load, len(heartbeat.alarms), heartbeat.decile) == (Load(50, 85, 99), 2, 5)
    assert heartbeat.score == pytest.approx(54)


async def test_a_change_of_state_is_announced_at_once() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)
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
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)
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
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)
    directory, probe = MemoryDirectory(), CountingProbe()
    beating = asyncio.create_task(a_heartbeat(loops, probe, directory, [], announce_s=0.005).run())
    await directory.announced.wait()
    for _ in range(3):
        directory.announced.clear()
        await asyncio.wait_for(directory.announced.wait(), 5)
    beating.cancel()
    await asyncio.wait({beating})


async def test_a_language_that_joins_in_is_announced_at_once() -> None:
    loops = TaskLoops(FakeSource(), HeldRunner(), 4)
    directory, pool = MemoryDirectory(), ScriptedPool(languages=[PYTHON])
    beating = asyncio.create_task(a_heartbeat(loops, FixedProbe(), directory, [], pool).run())
    await directory.announced.wait()
    directory.announced.clear()
    pool.served.append((CPP, "14"))
    await asyncio.wait_for(directory.announced.wait(), 1)
    assert [language.name for language in directory.records[-1].languages] == ["python", "cpp"]
    beating.cancel()
    await asyncio.wait({beating})
