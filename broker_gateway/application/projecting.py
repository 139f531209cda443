"""The projector: it writes what the bus tells of tasks into the history's database (ADR 0021)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from broker_gateway.application.history_ports import (
    HistoryEntry,
    HistorySource,
    HistoryUnavailableError,
    TaskRecord,
    TaskRecorder,
)
from chassis.backoff import Backoff, Failures
from chassis.errors import BusUnavailableError

BATCH = 1000
"""Messages that are stored in one transaction at most; large ones are fewer, as their source brings them."""
PAUSE = Backoff(base_s=0.2, max_s=5.0)
"""Between tries while the bus or the database is away."""

_log = structlog.get_logger(__name__)


class Projector:
    """The loop that takes messages of one source and stores what they tell. What was taken and not stored when ``run``
    is cancelled comes again, here or at another gateway; storing it twice changes nothing."""

    def __init__(
        self,
        source: HistorySource,
        store: TaskRecorder,
        *,
        redact: Callable[[TaskRecord], TaskRecord] = lambda record: record,
        batch: int = BATCH,
        pause: Backoff = PAUSE,
    ) -> None:
        """``redact``: leaves out what is not to be kept."""
        self._source = source
        self._store = store
        self._redact = redact
        self._batch = batch
        self._pause = pause
        self._failures = Failures(pause)
        self.stored = 0
        """Messages that it has stored so far."""
        self.trouble = ""
        """Why it does not get on just now; empty where it does."""

    async def run(self) -> None:
        """Stores until cancelled."""
        while True:
            try:
                entries = await self._source.take(self._batch)
            except BusUnavailableError as error:
                _log.warning("history_source_failed", error=str(error))
                await asyncio.sleep(self._failures.next_s())
                continue
            await self._store_all(entries)
            self._failures.reset()

    async def _store_all(self, entries: Sequence[HistoryEntry]) -> None:
        """Tries for as long as the database is away: what is not stored stays on the bus."""
        while (fault := await self._fault_of(entries)) is not None:
            is_away = isinstance(fault, HistoryUnavailableError)
            if is_away:
                await self._wait_for_store(str(fault))
            if not is_away or await self._works():
                for entry in entries:  # one of them is what it does not take
                    await self._store_one(entry)
                return
        self._settle(entries)

    async def _store_one(self, entry: HistoryEntry) -> None:
        """What a database that works refuses twice is left out, so that it does not keep all others waiting."""
        refused = 0
        while (fault := await self._fault_of([entry])) is not None:
            await self._wait_for_store(str(fault))
            refused += int(await self._works())
            if refused > 1:
                error = f"{type(fault).__name__}: {fault}"
                _log.error("history_record_refused", task_id=entry.record.execution.id, error=error)
                break
        self._settle([entry])

    async def _fault_of(self, entries: Sequence[HistoryEntry]) -> Exception | None:
        """What kept them from being stored: a database that is away, or one that does not take a value."""
        try:
            await self._store.record([self._redact(entry.record) for entry in entries])
        except Exception as fault:  # noqa: BLE001 - whatever it is: one task must not stop the record of all others
            return fault
        return None

    async def _wait_for_store(self, why: str) -> None:
        if why != self.trouble:
            _log.warning("history_not_stored", error=why)
        self.trouble = why
        await asyncio.sleep(self._failures.next_s())

    async def _works(self) -> bool:
        try:
            await self._store.check()
        except HistoryUnavailableError:
            return False
        return True

    def _settle(self, entries: Sequence[HistoryEntry]) -> None:
        for entry in entries:
            entry.done()
        if self.trouble:
            _log.warning("history_stored_again")
        self.trouble = ""
        self.stored += len(entries)
        self._failures.reset()
