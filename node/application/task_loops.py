"""The task loops: a bounded number of identical ones, which are the node's concurrency and its back-pressure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from node.application.ports import TaskHandler, TaskSource
from node.application.sessions import Sessions


class TaskLoops:
    """``concurrency`` loops that take tasks and run them; at most ``limit`` of them hold or wait for one at a time."""

    def __init__(
        self,
        source: TaskSource,
        runner: TaskHandler,
        concurrency: int,
        sessions: int = 0,
        on_full: Callable[[], None] = lambda: None,
    ) -> None:
        """``sessions``: so many tasks that are talked to may run beside, since they wait most of the time; ``on_full``
        is told of each that finds no room."""
        self.sessions = Sessions(runner, sessions, self._settled, on_full)
        self._source = source
        self._runner = runner
        self._concurrency = concurrency
        self._limit = concurrency
        self._paused = True
        self._closed = False
        self._busy = 0
        self._peak = 0
        self._taking: set[asyncio.Timeout] = set()
        self._room = asyncio.Condition()
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def running(self) -> int:
        """How many tasks run now."""
        return self._busy

    @property
    def open_for(self) -> int:
        """How many tasks may run now."""
        return 0 if self._paused or self._closed else self._limit

    def take_peak(self) -> int:
        """The most tasks that ran at once since the last call."""
        peak, self._peak = self._peak, self._busy
        return peak

    async def run(self) -> None:
        """Runs until ``close``. Cancelling it hands back what runs."""
        async with asyncio.TaskGroup() as group:
            self.sessions.run_in(group)
            for number in range(self._concurrency):
                group.create_task(self._loop(), name=f"task-loop-{number}")

    async def resume(self) -> None:
        """Takes tasks again, or for the first time."""
        self._paused = False
        await self._reconsider()

    async def pause(self) -> None:
        """Takes nothing new; what runs goes on."""
        self._paused = True
        await self._reconsider()

    async def set_limit(self, limit: int) -> None:
        """Sets how many tasks may run from now on: 0 to ``concurrency``."""
        if limit != self._limit:
            self._limit = max(0, min(self._concurrency, limit))
            await self._reconsider()

    async def close(self) -> None:
        """The loops end once what they run is finished."""
        self._closed = True
        await self._reconsider()

    async def wait_until_quiet(self) -> None:
        """Waits until nothing runs here."""
        await self._quiet.wait()

    async def _loop(self) -> None:
        while not self._closed:
            if self._busy + len(self._taking) < self.open_for:
                await self._take_and_run()
                continue
            async with self._room:
                await self._room.wait_for(lambda: self._closed or self._busy + len(self._taking) < self.open_for)

    async def _take_and_run(self) -> None:
        try:
            async with asyncio.timeout(None) as taking:
                self._taking.add(taking)
                try:
                    delivery = await self._source.take()
                finally:
                    self._taking.discard(taking)
        except TimeoutError:  # the limit sank, or the node drains
            return
        self._quiet.clear()
        if delivery.task.interaction is not None:
            await self.sessions.begin(delivery)
            return
        self._busy += 1
        self._peak = max(self._peak, self._busy)
        try:
            await self._runner.handle(delivery)
        finally:
            self._busy -= 1
            self._settled()

    def _settled(self) -> None:
        if not self._busy and not len(self.sessions):
            self._quiet.set()

    async def _reconsider(self) -> None:
        """Calls off the takes that there is no room for, and wakes the loops that there is room for."""
        surplus = self._busy + len(self._taking) - self.open_for
        now = asyncio.get_running_loop().time()
        for taking in list(self._taking)[: max(0, surplus)]:
            self._taking.discard(taking)  # called off: it must not be called off twice
            taking.reschedule(now)
        async with self._room:
            self._room.notify_all()
