"""In-memory ports of the progress relay."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from schemas.progress import ProgressMessage


class MemoryProgressDelivery:
    """Implements ``ProgressDelivery``."""

    def __init__(self, message: ProgressMessage) -> None:
        self._message = message
        self.settled = asyncio.Event()
        self.kept_alive = 0

    @property
    def message(self) -> ProgressMessage:
        return self._message

    def done(self) -> None:
        assert not self.settled.is_set()
        self.settled.set()

    async def keep_alive(self) -> None:
        self.kept_alive += 1


class MemoryProgressSource:
    """Implements ``ProgressSource``: gives what was put in. ``failures`` are raised first, one by one."""

    def __init__(self) -> None:
        self._items: deque[MemoryProgressDelivery] = deque()
        self._has_items = asyncio.Event()
        self.failures: list[Exception] = []

    def put(self, *messages: ProgressMessage) -> list[MemoryProgressDelivery]:
        deliveries = [MemoryProgressDelivery(message) for message in messages]
        self._items.extend(deliveries)
        self._has_items.set()
        return deliveries

    async def take(self, max_messages: int) -> Sequence[MemoryProgressDelivery]:
        await self._has_items.wait()
        if self.failures:
            raise self.failures.pop(0)
        taken = [self._items.popleft() for _ in range(min(max_messages, len(self._items)))]
        if not self._items:
            self._has_items.clear()
        return taken


class MemoryEnds:
    """Implements ``Ends``. ``failures`` are raised first, one by one."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self.asked: list[str] = []
        self.failures: list[Exception] = []

    async def has_ended(self, task_id: str) -> bool:
        if self.failures:
            raise self.failures.pop(0)
        self.asked.append(task_id)
        return task_id in self.ended
