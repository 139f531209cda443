"""What readiness relies on, of the fake as of the real connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from broker_gateway.application.ports import BusState
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.fakes.memory_bus import MemoryBus, MemoryBusState
from tests.servers.fixtures import StartNats
from tests.servers.waiting import eventually


@dataclass
class Parts:
    """A bus that goes away and comes back, and what is known of it."""

    state: BusState
    goes: Callable[[], object]
    comes: Callable[[], object]


@pytest.fixture
def memory_parts() -> Parts:
    bus = MemoryBus()

    def set_down(*, is_down: bool) -> None:
        bus.is_down = is_down

    return Parts(MemoryBusState(bus), lambda: set_down(is_down=True), lambda: set_down(is_down=False))


@pytest_asyncio.fixture
async def nats_parts(start_nats: StartNats) -> AsyncIterator[Parts]:
    server = start_nats()
    bus = BusConnection(BusSettings(urls=[server.url], reconnect_base_s=0.05, reconnect_max_s=0.2))
    bus.start()
    await bus.wait_connected()
    yield Parts(bus, server.stop, server.start)
    await bus.close()


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def test_a_bus_is_connected_until_it_goes_away_and_again_when_it_is_back(parts: Parts) -> None:
    assert parts.state.connected()
    parts.goes()
    await eventually(lambda: not parts.state.connected())
    parts.comes()
    await eventually(parts.state.connected)
