"""The gateway's ports on the bus, in memory and on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from schemas.topology import BusLimits
from tests.contracts.gateway.bus_parts import MAX_TASKS, Parts, in_memory, on_nats
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.integration.gateway.declared_bus import declared_bus, start_empty
from tests.servers import NatsServer


@pytest.fixture
def memory_parts() -> Parts:
    return in_memory()


@pytest_asyncio.fixture
async def nats_parts(nats_server: NatsServer) -> AsyncIterator[Parts]:
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits(tasks_max_msgs=MAX_TASKS)) as bus:
        lengths = QueueLengths(bus)
        yield on_nats(bus, lengths)
        await lengths.close()


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found
