"""What watchers rely on, of the fake as of the real adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import msgspec
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from node.application.ports import Announcer
from node.infrastructure.bus.sink import NatsAnnouncer
from schemas import names
from schemas.execution import OutputChunk, TaskEvent
from schemas.status import Status
from tests.builders import a_chunk, an_event
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.contracts.node.real_bus import RealBus
from tests.fakes.node import RecordingAnnouncer
from tests.servers.settling import settled

PATIENCE_S = 10.0


@dataclass
class Parts:
    """An announcer, and a watcher of the task ``a``."""

    announcer: Announcer
    events: Callable[[int], Awaitable[list[TaskEvent]]]
    """Returns when the watcher has heard so many."""
    chunks: Callable[[int], Awaitable[list[OutputChunk]]]
    goes: Callable[[], object]
    """From now on nobody listens."""


@pytest.fixture
def memory_parts() -> Parts:
    announcer = RecordingAnnouncer()

    async def events(count: int) -> list[TaskEvent]:
        return [event for event in announcer.events if event.id == "a"][:count]

    async def chunks(count: int) -> list[OutputChunk]:
        return [chunk for chunk in announcer.chunks if chunk.id == "a"][:count]

    return Parts(announcer, events, chunks, lambda: None)


@pytest_asyncio.fixture
async def nats_parts(real_bus: RealBus) -> AsyncIterator[Parts]:
    heard_events: asyncio.Queue[TaskEvent] = asyncio.Queue()
    heard_chunks: asyncio.Queue[OutputChunk] = asyncio.Queue()

    async def on_event(message: Msg) -> None:
        heard_events.put_nowait(msgspec.json.decode(message.data, type=TaskEvent))

    async def on_chunk(message: Msg) -> None:
        heard_chunks.put_nowait(msgspec.json.decode(message.data, type=OutputChunk))

    async def events(count: int) -> list[TaskEvent]:
        async with asyncio.timeout(PATIENCE_S):
            return [await heard_events.get() for _ in range(count)]

    async def chunks(count: int) -> list[OutputChunk]:
        async with asyncio.timeout(PATIENCE_S):
            return [await heard_chunks.get() for _ in range(count)]

    client = real_bus.gateway.client
    await client.subscribe(names.events_of("a"), cb=on_event)
    await client.subscribe(names.output_subject("a"), cb=on_chunk)
    await settled(client)
    yield Parts(NatsAnnouncer(real_bus.publisher), events, chunks, real_bus.server.stop)


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def test_states_are_heard_whole_and_in_order(parts: Parts) -> None:
    told = [an_event("a", status) for status in (Status.RUNNING, Status.RUNNING, Status.SUCCEEDED)]
    parts.announcer.event(an_event("another", Status.RUNNING))
    for event in told:
        parts.announcer.event(event)
    assert await parts.events(3) == told


async def test_output_is_heard_whole_and_in_order(parts: Parts) -> None:
    told = [a_chunk("a", text, offset) for offset, text in enumerate("zwölf")]
    parts.announcer.output(a_chunk("another", "x"))
    for chunk in told:
        parts.announcer.output(chunk)
    assert await parts.chunks(5) == told


async def test_where_nobody_listens_nothing_is_raised(parts: Parts) -> None:
    parts.goes()
    parts.announcer.event(an_event("a", Status.RUNNING))
    parts.announcer.output(a_chunk("a", "hello"))
