"""The sessions: tasks that are talked to. They run beside the task loops, since a program that waits for somebody to
type would keep other clients' tasks from running for as long as he likes (docs/adr/0033)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from node.application.ports import Delivery, TaskHandler

_FULL_AGAIN_S = 2.0
"""A task that finds no room comes again after this, here or on another node."""


class Sessions:
    """At most ``limit`` of them at once; of one client at most half, and of one reader at most a quarter."""

    def __init__(
        self,
        runner: TaskHandler,
        limit: int,
        on_end: Callable[[], None],
        on_full: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_full`` is told of each that found no room, before it is handed back."""
        self._on_full = on_full
        self._runner = runner
        self._limit = limit
        self._on_end = on_end
        self._group: asyncio.TaskGroup | None = None
        self._clients: Counter[str] = Counter()
        self._readers: Counter[tuple[str, str]] = Counter()
        self.turned_away = 0
        """How often one found no room."""

    def __len__(self) -> int:
        return self._clients.total()

    def run_in(self, group: asyncio.TaskGroup) -> None:
        """The group whose end is theirs."""
        self._group = group

    async def begin(self, delivery: Delivery) -> None:
        """Runs it, without waiting for its end; or hands it back."""
        task = delivery.task
        if self._group is None or not self._has_room(task.client, task.reader):
            self.turned_away += 1
            self._on_full()
            self._on_end()
            await delivery.retry_in(_FULL_AGAIN_S)
            return
        self._clients[task.client] += 1
        self._readers[task.client, task.reader] += 1
        self._group.create_task(self._run(delivery), name="session")

    def _has_room(self, client: str, reader: str) -> bool:
        return (
            len(self) < self._limit
            and self._clients[client] < max(1, self._limit // 2)
            and (not reader or self._readers[client, reader] < max(1, self._limit // 4))
        )

    async def _run(self, delivery: Delivery) -> None:
        client, reader = delivery.task.client, delivery.task.reader
        try:
            await self._runner.handle(delivery)
        finally:
            self._clients -= Counter([client])
            self._readers -= Counter([(client, reader)])
            self._on_end()
