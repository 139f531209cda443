"""The sweep through the queues: each gateway reads what waits there, so that it also knows what another one, or itself
in an earlier life, has accepted."""

from __future__ import annotations

import asyncio

import structlog

from broker_gateway.application.deadline_book import DeadlineBook
from broker_gateway.application.following import Following
from broker_gateway.application.placing_again import PlacingAgain
from broker_gateway.application.queue_ports import QueueReader
from broker_gateway.application.settings import SweepSettings
from broker_gateway.domain.waiting_task import WaitingTask
from chassis.errors import BusUnavailableError
from schemas.names import POOL_OF_FOLLOWERS

_log = structlog.get_logger(__name__)


class QueueSweep:
    """The loop. Each task is read once: one that has left its queue before the next sweep never is."""

    def __init__(
        self,
        *,
        reader: QueueReader,
        book: DeadlineBook,
        placing: PlacingAgain,
        following: Following,
        settings: SweepSettings,
    ) -> None:
        self._reader = reader
        self._book = book
        self._placing = placing
        self._following = following
        self._settings = settings
        self._last = 0
        self._noted = 0
        """Tasks that were read since it started over."""

    async def run(self) -> None:
        """Sweeps until it is cancelled."""
        while True:
            try:
                await self.sweep()
            except BusUnavailableError as error:
                _log.debug("queues_not_swept", error=str(error))
            await asyncio.sleep(self._settings.every_s)

    async def sweep(self) -> None:
        """Reads what was queued since the last sweep; what there is too much of waits for the next one. Raises
        BusUnavailableError."""
        for _ in range(self._settings.max_parts):
            part = await self._reader.after(self._last)
            for task in part.tasks:
                self._note(task)
            self._last = part.last
            if part.is_end:
                break
        await self._placing.look()
        if max(self._noted, len(self._book)) > self._settings.min_forgotten + 2 * part.queued:
            self._start_over()

    def _note(self, task: WaitingTask) -> None:
        self._noted += 1
        if task.pool == POOL_OF_FOLLOWERS and task.answer:
            self._following.found(task.id, task.answer)
        else:
            self._placing.found(task)
        if task.expires_at_ms is not None:
            self._book.found(task.id, task.expires_at_ms)

    def _start_over(self) -> None:
        """Most of what is noted has left the queues: what is still there is found again by the next sweeps."""
        self._book.clear()
        self._placing.clear()
        self._last = self._noted = 0
