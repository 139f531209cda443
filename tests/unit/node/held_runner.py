"""Task loops whose tasks run until the test releases them, and a heartbeat beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from node.application.heartbeat import Heartbeat, Identity
from node.application.ports import Delivery
from node.application.task_loops import TaskLoops
from node.domain.load import Thresholds
from tests.builders import a_task
from tests.fakes.node import FakeDelivery, FixedProbe, MemoryDirectory, ScriptedPool


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
