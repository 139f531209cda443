"""The callback relay on in-memory ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from broker_gateway.application.callback_delivery import first_record
from broker_gateway.application.callback_ports import CallbackOutcome, CountOutcome
from broker_gateway.application.callback_relay import CallbackRelay
from broker_gateway.application.settings import RelaySettings
from tests.builders import SUBMITTED_AT_MS, a_result
from tests.fakes.callbacks import MemoryAttemptLedger, MemoryResultDelivery, MemoryResultSource, MemoryTransport
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S

SETTINGS = RelaySettings()


def nobody_counts(_outcome: CallbackOutcome, _lag_s: float) -> None:
    """What the relay tells of each try goes nowhere."""


class RelayOnFakes:
    """``ledger``: another relay's, which they share as they share the bus."""

    def __init__(
        self,
        settings: RelaySettings = SETTINGS,
        ledger: MemoryAttemptLedger | None = None,
        count: CountOutcome = nobody_counts,
    ) -> None:
        self.source = MemoryResultSource()
        self.transport = MemoryTransport()
        self.ledger = ledger or MemoryAttemptLedger()
        self.now_ms = SUBMITTED_AT_MS
        transports = {"http": self.transport, "https": self.transport, "grpc": self.transport}
        self.relay = CallbackRelay(
            source=self.source,
            transports=transports,
            ledger=self.ledger,
            settings=settings,
            count=count,
            jitter=lambda: 1.0,
            now_ms=lambda: self.now_ms,
        )

    async def settled(self, *deliveries: MemoryResultDelivery) -> list[str]:
        """Hands them in; how each was settled."""
        self.source.put(*deliveries)
        return await self.outcomes(*deliveries)

    async def outcomes(self, *deliveries: MemoryResultDelivery) -> list[str]:
        async with asyncio.timeout(PATIENCE_S):
            for delivery in deliveries:
                await delivery.settled.wait()
        return [delivery.outcome for delivery in deliveries]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - what changes here has no event of its own
                await asyncio.sleep(0)

    def has_failed(self, task_id: str, attempts: int) -> None:
        """So many attempts were made for the result before, by whatever relay."""
        record = first_record(a_result(task_id, "http://h/"))
        self.ledger.records[task_id, ""] = msgspec.structs.replace(record, attempts=attempts, error="503")


@asynccontextmanager
async def running_relay(
    settings: RelaySettings = SETTINGS, ledger: MemoryAttemptLedger | None = None, count: CountOutcome = nobody_counts
) -> AsyncIterator[RelayOnFakes]:
    setup = RelayOnFakes(settings, ledger, count)
    running = asyncio.create_task(setup.relay.run())
    try:
        yield setup
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


def delivery(
    task_id: str = "t1", url: str | None = "http://h/", attempt: int = 1, client: str = "blog"
) -> MemoryResultDelivery:
    """``attempt``: how often the source has given it out."""
    return MemoryResultDelivery(msgspec.structs.replace(a_result(task_id, url), client=client), attempt)
