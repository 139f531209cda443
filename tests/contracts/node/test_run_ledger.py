"""What giving up a poisonous task relies on, of the fake as of the real adapter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
import pytest

from node.application.ports import RunLedger
from node.infrastructure.bus.sink import NatsRunLedger
from schemas import names
from schemas.status import Status
from tests.builders import an_event
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.contracts.node.real_bus import RealBus
from tests.fakes.node import FakeLedger


@dataclass
class Parts:
    """A ledger, and what nodes do."""

    ledger: RunLedger
    reaches: Callable[[str, Status], Awaitable[None]]
    """That state of a task is announced, by the gateway or a node; known when this returns."""
    goes: Callable[[], object]
    """From now on nobody can tell."""


@pytest.fixture
def memory_parts() -> Parts:
    ledger = FakeLedger()

    async def reaches(task_id: str, status: Status) -> None:
        if status is Status.RUNNING:
            ledger.begin(task_id)

    def goes() -> None:
        ledger.error = ConnectionError("the bus is away")

    return Parts(ledger, reaches, goes)


@pytest.fixture
def nats_parts(real_bus: RealBus) -> Parts:
    async def reaches(task_id: str, status: Status) -> None:
        says = real_bus.gateway.client if status is Status.QUEUED else real_bus.node
        event = msgspec.json.encode(an_event(task_id, status))
        await says.request(names.event_subject(task_id, status), event)

    return Parts(NatsRunLedger(real_bus.publisher), reaches, real_bus.server.stop)


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def test_a_task_that_nobody_began_has_no_starts(parts: Parts) -> None:
    await parts.reaches("another", Status.RUNNING)
    await parts.reaches("a", Status.QUEUED)
    assert await parts.ledger.starts("a") == 0


async def test_each_time_that_a_node_began_it_counts_and_nothing_else(parts: Parts) -> None:
    for status in (Status.QUEUED, Status.RUNNING, Status.RUNNING, Status.RUNNING, Status.INTERNAL_ERROR):
        await parts.reaches("a", status)
    await parts.reaches("another", Status.RUNNING)
    assert await parts.ledger.starts("a") == 3


async def test_a_preparation_that_has_no_end_counts_and_one_that_ended_does_not(parts: Parts) -> None:
    """A task that took its node with it before it ran was never counted, and took one node after the other."""
    for ends in (True, False, True, False):
        await parts.ledger.preparing(an_event("a", Status.QUEUED))
        if ends:
            parts.ledger.prepared(an_event("a", Status.QUEUED))
    await parts.reaches("a", Status.RUNNING)
    await parts.ledger.preparing(an_event("another", Status.QUEUED))
    assert await parts.ledger.starts("a") == 3


async def test_where_nobody_can_tell_that_is_an_error_and_not_none(parts: Parts) -> None:
    await parts.reaches("a", Status.RUNNING)
    parts.goes()
    with pytest.raises((OSError, TimeoutError)):
        await parts.ledger.starts("a")
