"""Going down without losing anything: by signal, or by order; an order can be taken back while something still runs."""

from __future__ import annotations

import asyncio

from node.application.heartbeat import Heartbeat
from node.application.task_loops import Slots


class Draining:
    def __init__(self, slots: Slots, heartbeat: Heartbeat, bound_s: float) -> None:
        self._slots = slots
        self._heartbeat = heartbeat
        self._bound_s = bound_s
        self._wanted = asyncio.Event()
        self._taken_back = asyncio.Event()

    @property
    def wanted(self) -> bool:
        return self._wanted.is_set()

    async def begin(self) -> None:
        """Takes nothing new from now on."""
        self._taken_back.clear()
        self._wanted.set()
        self._heartbeat.drain(True)
        await self._slots.pause()

    async def take_back(self) -> None:
        """Back to work."""
        self._wanted.clear()
        self._taken_back.set()
        self._heartbeat.drain(False)
        await self._slots.resume()

    async def finished(self) -> bool:
        """Returns when it was wanted, and nothing runs any more or the bound has passed: True if nothing runs."""
        while True:
            await self._wanted.wait()
            quiet = asyncio.create_task(self._slots.wait_until_quiet())
            taken_back = asyncio.create_task(self._taken_back.wait())
            try:
                await asyncio.wait({quiet, taken_back}, timeout=self._bound_s, return_when=asyncio.FIRST_COMPLETED)
                if self._wanted.is_set():
                    return quiet.done()
            finally:
                quiet.cancel()
                taken_back.cancel()
