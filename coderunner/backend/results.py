"""Where results that callbacks brought meet the streams that wait for them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Protocol

_MAX_RECENT_BYTES = 16 << 20
_MAX_RECENT = 1_000


class Results(Protocol):
    """A place where every process of a backend puts the results that it was brought, and hears of those of the others.

    What is put there was verified."""

    async def put(self, task_id: str, body: bytes) -> None:
        """Tells all processes of a result: the callback's body, JSON."""
        ...

    async def of(self, task_id: str) -> bytes:
        """Waits until the task's result is there, for ever if need be. One that came a moment ago is there, too: a
        program may have ended before somebody asks."""
        ...


class MemoryResults:
    """Implements ``Results`` for a backend of one process: of results that nobody waits for, the newest. Others have
    ``arrived`` called with what comes from other processes."""

    def __init__(self, max_bytes: int = _MAX_RECENT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._waiting: dict[str, set[asyncio.Future[bytes]]] = {}

    async def put(self, task_id: str, body: bytes) -> None:
        self.arrived(task_id, body)

    async def of(self, task_id: str) -> bytes:
        if task_id in self._recent:
            return self._recent[task_id]
        arrival: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(task_id, set())
        waiting.add(arrival)
        try:
            return await arrival
        finally:
            waiting.discard(arrival)
            if not waiting and self._waiting.get(task_id) is waiting:
                del self._waiting[task_id]

    def arrived(self, task_id: str, body: bytes) -> None:
        """Gives a result to those who wait for it, and keeps it for a while for those who will."""
        for arrival in self._waiting.pop(task_id, set()):
            if not arrival.done():
                arrival.set_result(body)
        if len(body) > self._max_bytes // 2 or task_id in self._recent:
            return
        self._recent[task_id] = body
        self._held_bytes += len(body)
        while self._held_bytes > self._max_bytes or len(self._recent) > _MAX_RECENT:
            self._held_bytes -= len(self._recent.popitem(last=False)[1])
