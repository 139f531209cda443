"""The care of the history's database."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from broker_gateway.application.history_care import FORGOTTEN_AT_ONCE, Forgetting
from broker_gateway.application.history_ports import HistoryUnavailableError, Retention
from broker_gateway.application.ports import TaskFilter
from tests.contracts.gateway.histories import past
from tests.fakes.memory_history import MemoryHistory

SOON = 0.001


class _Divided(MemoryHistory):
    """A history with months, somebody else's hand on them."""

    def __init__(self) -> None:
        super().__init__()
        self.renewed = asyncio.Event()
        self.held = "canceling statement due to lock timeout"

    async def renew_months(self, retention: Retention, now_ms: int) -> int:
        if self.held:
            raise HistoryUnavailableError(self.held)
        self.renewed.set()
        return await super().renew_months(retention, now_ms)


async def test_months_that_cannot_be_renewed_are_tried_again_and_keep_nothing_that_is_too_old() -> None:
    history, gone = _Divided(), FORGOTTEN_AT_ONCE + 1
    await history.record([record for number in range(gone + 1) for record in past(f"t{number}", number + 1)])
    forgetting = Forgetting(history, Retention(max_tasks=1), every_s=SOON)
    running = asyncio.create_task(forgetting.run())
    async with asyncio.timeout(10):
        while await history.count(TaskFilter()) > 1:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(SOON)
        history.held = ""
        await history.renewed.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
