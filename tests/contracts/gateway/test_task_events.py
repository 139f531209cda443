"""What counting a client's tasks relies on, of the fake as of the real adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import msgspec
import pytest
import pytest_asyncio

from broker_gateway.application.ports import TaskEvents
from broker_gateway.infrastructure.bus.events import BusTaskEvents
from schemas import names
from schemas.execution import TaskEvent
from schemas.status import Status
from tests.builders import an_event
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.fakes.memory_bus import MemoryTaskEvents
from tests.integration.gateway.declared_bus import declared_bus
from tests.servers import NatsServer

PATIENCE_S = 10.0


@dataclass
class Parts:
    """All tasks' events, followed from now on."""

    events: TaskEvents
    happens: Callable[[TaskEvent], Awaitable[None]]


@pytest.fixture
def memory_parts() -> Parts:
    events = MemoryTaskEvents()
    return Parts(events, events.queue.put)


@pytest_asyncio.fixture
async def nats_parts(nats_server: NatsServer) -> AsyncIterator[Parts]:
    async with declared_bus(nats_server) as bus:

        async def happens(event: TaskEvent) -> None:
            await bus.request(names.event_subject(event.id, event.status), msgspec.json.encode(event))

        events = BusTaskEvents(bus)
        await followed(events, happens)
        yield Parts(events, happens)


async def followed(events: BusTaskEvents, happens: Callable[[TaskEvent], Awaitable[None]]) -> None:
    """Returns once what happens is heard; nothing that was heard before is left."""
    async with asyncio.timeout(PATIENCE_S):
        first = asyncio.create_task(events.next())
        while not first.done():
            await happens(an_event("before"))
            await asyncio.wait([first], timeout=0.05)
        await happens(an_event("last"))
        while (await events.next()).id != "last":
            pass


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def test_events_of_all_tasks_come_whole_and_in_order(parts: Parts) -> None:
    happened = [
        an_event(task_id, status) for task_id in ("a", "b") for status in (Status.QUEUED, Status.RUNNING, Status.FAILED)
    ]
    for event in happened:
        await parts.happens(event)
    async with asyncio.timeout(PATIENCE_S):
        assert [await parts.events.next() for _ in happened] == happened


async def test_who_asks_before_anything_happens_waits_for_it(parts: Parts) -> None:
    waiting = asyncio.create_task(parts.events.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    await parts.happens(an_event("a"))
    async with asyncio.timeout(PATIENCE_S):
        assert await waiting == an_event("a")
