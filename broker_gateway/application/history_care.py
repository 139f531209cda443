"""The care of the history's database: whether it answers, and what is not to be kept any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.history_ports import HistoryStore, HistoryUnavailableError, Retention

LOOK_EVERY_S = 2.0
FORGET_EVERY_S = 60.0
FORGOTTEN_AT_ONCE = 1000
"""Tasks that one transaction removes, so that it holds nobody up."""

_log = structlog.get_logger(__name__)


class HistoryWatch:
    """Looks whether the database answers, for as long as ``run`` runs."""

    def __init__(self, store: HistoryStore, *, every_s: float = LOOK_EVERY_S) -> None:
        self._store = store
        self._every_s = every_s
        self.trouble = "it was not asked yet"
        """Why it does not answer; empty where it does."""

    async def run(self) -> None:
        """Looks for ever."""
        while True:
            try:
                await self._store.check()
            except HistoryUnavailableError as error:
                self._tell(str(error) or "it does not answer")
            else:
                self._tell("")
            await asyncio.sleep(self._every_s)

    def _tell(self, trouble: str) -> None:
        if bool(trouble) != bool(self.trouble):
            if trouble:
                _log.error("history_does_not_answer", error=trouble)
            else:
                _log.info("history_answers")
        self.trouble = trouble


class Forgetting:
    """Removes what the retention does not keep, for as long as ``run`` runs. Any number of gateways may do it."""

    def __init__(
        self,
        store: HistoryStore,
        retention: Retention,
        *,
        every_s: float = FORGET_EVERY_S,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._store = store
        self._retention = retention
        self._every_s = every_s
        self._now_ms = now_ms

    async def run(self) -> None:
        """Removes for ever."""
        while True:
            await self._removed(lambda: self._store.renew_months(self._retention, self._now_ms()))
            await self._forget()
            await asyncio.sleep(self._every_s)

    async def _forget(self) -> None:
        removed = FORGOTTEN_AT_ONCE
        while removed >= FORGOTTEN_AT_ONCE:
            removed = await self._removed(
                lambda: self._store.forget(self._retention, self._now_ms(), FORGOTTEN_AT_ONCE)
            )

    async def _removed(self, removing: Callable[[], Awaitable[int]]) -> int:
        try:
            removed = await removing()
        except HistoryUnavailableError as error:
            _log.warning("history_not_forgotten", error=str(error))
            return 0
        if removed:
            _log.info("history_forgotten", tasks=removed)
        return removed
