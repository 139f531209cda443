"""The gateway's ports twice: in memory, as the unit tests use them, and on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import msgspec
import pytest
import pytest_asyncio

from broker_gateway.application.ports import History, LiveFeed, ResultSource, ResultStore, TaskQueue, TaskRerun
from broker_gateway.infrastructure.bus.feed import BusLiveFeed
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.rerun import BusTaskRerun
from broker_gateway.infrastructure.bus.result_source import BusResultSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import Execution, ResultMessage, TaskEvent
from schemas.topology import BusLimits
from tests.fakes.callbacks import MemoryResultDelivery, MemoryResultSource
from tests.fakes.memory_bus import MemoryBus, MemoryHistory, MemoryLiveFeed, MemoryResultStore, MemoryTaskQueue
from tests.fakes.operations import MemoryTaskRerun
from tests.integration.gateway.conftest import declared_bus, start_empty
from tests.servers import NatsServer

MAX_TASKS = 3
"""The bus under test holds no more."""


@dataclass
class Parts:
    queue: TaskQueue
    results: ResultStore
    rerun: TaskRerun
    history: History
    feeds: LiveFeed
    source: ResultSource
    happens: Callable[[TaskEvent], Awaitable[None]]
    """A node announces a state; known when this returns."""
    finishes: Callable[[ResultMessage], Awaitable[None]]
    """A result for the relay."""


@pytest_asyncio.fixture(params=["memory", "nats"])
async def parts(request: pytest.FixtureRequest, nats_server: NatsServer) -> AsyncIterator[Parts]:
    if request.param == "memory":
        yield in_memory()
        return
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits(tasks_max_msgs=MAX_TASKS)) as bus:
        lengths = QueueLengths(bus)
        yield on_nats(bus, lengths)
        await lengths.close()


def in_memory() -> Parts:
    bus, source = MemoryBus(), MemoryResultSource()
    bus.max_tasks = MAX_TASKS

    async def happens(event: TaskEvent) -> None:
        bus.reach(Execution.told_by(event))

    async def finishes(result: ResultMessage) -> None:
        source.put(MemoryResultDelivery(result))

    return Parts(
        MemoryTaskQueue(bus),
        MemoryResultStore(bus),
        MemoryTaskRerun(bus),
        MemoryHistory(bus),
        MemoryLiveFeed(bus),
        source,
        happens,
        finishes,
    )


def on_nats(bus: BusConnection, lengths: QueueLengths) -> Parts:
    store = BusResultStore(bus)

    async def happens(event: TaskEvent) -> None:
        await bus.request(names.event_subject(event.id, event.status), msgspec.json.encode(event))

    async def finishes(result: ResultMessage) -> None:
        assert await store.store(result)

    return Parts(
        BusTaskQueue(bus, lengths),
        store,
        BusTaskRerun(bus),
        BusHistory(bus),
        BusLiveFeed(bus),
        BusResultSource(bus),
        happens,
        finishes,
    )
