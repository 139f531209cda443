"""The node's ports twice: in memory, as the unit tests use them, and on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from chassis.nats.connection import BusConnection
from node.application.ports import ResultSink
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.sink import NatsResultSink
from schemas import names
from tests.fakes.node import MemorySink
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.servers.bus import node_connection
from tests.servers.fixtures import StartNats


@dataclass
class Parts:
    sink: ResultSink
    forget: Callable[[str], Awaitable[None]]
    """An operator takes a task's result away."""


@pytest_asyncio.fixture(params=["memory", "nats"])
async def parts(request: pytest.FixtureRequest, start_nats: StartNats) -> AsyncIterator[Parts]:
    if request.param == "memory":
        yield in_memory()
        return
    server = start_nats(roles=True)
    gateway = await server.connect("gateway")
    gateway = GatewayStandIn(gateway)
    await gateway.open()
    bus = await node_connection(server.url_as("node"))
    yield on_nats(bus, gateway)
    await bus.close()
    await gateway.close()


def in_memory() -> Parts:
    sink = MemorySink()

    async def forget(task_id: str) -> None:
        del sink.results[task_id]

    return Parts(sink, forget)


def on_nats(bus: BusConnection, gateway: GatewayStandIn) -> Parts:
    async def forget(task_id: str) -> None:
        await gateway.ask(f"STREAM.PURGE.{names.STREAM_RESULTS}", {"filter": names.result_subject(task_id)})

    return Parts(NatsResultSink(Publisher(bus)), forget)
