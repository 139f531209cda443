"""The tasks in this node's hands, and how a cancel order reaches them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from node.application.ports import Delivery, OnOutput, Sandbox
from node.domain.sandbox import Launch, Outcome
from node.domain.verdict import CANCELLED_BEFORE_START

KILL_AGAIN_S = 0.2
"""A kill that met a program before it had started is sent again after this."""


class RunningTask:
    """One task from delivery to result."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.task = delivery.task
        self.cancelled = False
        self.begun = False
        """True once something of it was started in a slot."""
        self.on_begin: Callable[[], None] = _nothing
        self._sandbox: Sandbox | None = None

    async def run(self, sandbox: Sandbox, launch: Launch, on_output: OnOutput) -> Outcome:
        """Runs it, unless the task was cancelled before. Raises SandboxLostError."""
        if self.cancelled:
            return CANCELLED_BEFORE_START
        if not self.begun:
            self.begun = True
            self.on_begin()
        self._sandbox = sandbox
        try:
            return await sandbox.run(launch, on_output)
        finally:
            self._sandbox = None

    async def cancel(self) -> None:
        """Returns once nothing of it runs any more; nothing of it will be started after this was called."""
        self.cancelled = True
        while self._sandbox is not None:
            await self._sandbox.kill()
            if self._sandbox is not None:
                await asyncio.sleep(KILL_AGAIN_S)


def _nothing() -> None:
    pass


class RunningTasks:
    """By task id."""

    def __init__(self) -> None:
        self._tasks: dict[str, RunningTask] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[RunningTask]:
        return iter(tuple(self._tasks.values()))

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._tasks

    def enter(self, delivery: Delivery) -> RunningTask:
        running = RunningTask(delivery)
        self._tasks[delivery.task.id] = running
        return running

    def leave(self, running: RunningTask) -> None:
        self._tasks.pop(running.task.id, None)

    def get(self, task_id: str) -> RunningTask | None:
        return self._tasks.get(task_id)

    async def keep_alive(self) -> None:
        """One round: the bus learns that every one of them is still worked on."""
        for running in self:
            await running.delivery.keep_alive()
