"""The drain: how a node ends without losing anything, by signal or by order. An order can be taken back while something
still runs."""

from __future__ import annotations

import asyncio

from node.application.heartbeat import Heartbeat
from node.application.task_loops import TaskLoops


class Draining:
    """The node's wish to end, and how far it has come. ``bound_s``: what still runs then is not waited for."""

    def __init__(self, task_loops: TaskLoops, heartbeat: Heartbeat, bound_s: float) -> None:
        self._task_loops = task_loops
        self._heartbeat = heartbeat
        self._bound_s = bound_s
        self._wanted = asyncio.Event()
        self._taken_back = asyncio.Event()

    @property
    def wanted(self) -> bool:
        """True from ``begin`` to ``take_back``."""
        return self._wanted.is_set()

    async def begin(self) -> None:
        """Takes nothing new from now on."""
        self._taken_back.clear()
        self._wanted.set()
        self._heartbeat.drain(True)
        await self._task_loops.pause()

    async def take_back(self) -> None:
        """Takes tasks again."""
        self._wanted.clear()
        self._taken_back.set()
        self._heartbeat.drain(False)
        await self._task_loops.resume()

    async def finished(self) -> bool:
        """Waits until a drain was wanted, and nothing runs any more or the bound has passed: True if nothing runs."""
        while True:
            await self._wanted.wait()
            quiet = asyncio.create_task(self._task_loops.wait_until_quiet())
            taken_back = asyncio.create_task(self._taken_back.wait())
            try:
                await asyncio.wait({quiet, taken_back}, timeout=self._bound_s, return_when=asyncio.FIRST_COMPLETED)
                if self._wanted.is_set():
                    return quiet.done()
            finally:
                quiet.cancel()
                taken_back.cancel()
