"""What cancelling and draining rely on, of the fake as of the real adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import msgspec
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from broker_gateway.application.ports import NodeControl
from broker_gateway.infrastructure.bus.control import BusNodeControl
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas import names
from schemas.interaction import Said
from schemas.node import CancelReply, NodeOrder
from schemas.talk import TalkOrder, TalkRefusal, TalkReply
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.fakes.memory_bus import MemoryBus, MemoryNodeControl
from tests.integration.gateway.declared_bus import declared_bus
from tests.servers import NatsServer
from tests.servers.settling import settled

NODE_ID = "n1"


def _heard(order: TalkOrder, running: set[str]) -> TalkReply | TalkRefusal:
    """What a node answers that has these tasks in its hands, and takes everything."""
    if order.id not in running:
        return TalkRefusal(unknown=order.id)
    return TalkReply(id=order.id, attempt=1, taken=order.first + len(order.said) - 1, full=False, waits=False)


@dataclass
class Parts:
    """Orders to nodes, of which ``n1`` is there, and what a gateway without a bus can say to them."""

    control: NodeControl
    without_bus: NodeControl
    runs: Callable[[str], Awaitable[None]]
    """``n1`` runs the task from now on."""


@pytest.fixture
def memory_parts() -> Parts:
    control, cut_off = MemoryNodeControl(MemoryBus()), MemoryNodeControl(MemoryBus())
    running: set[str] = set()
    for one in (control, cut_off):
        one.on_cancel = lambda task_id: NODE_ID if task_id in running else None
        one.on_order = lambda node_id, _order: node_id == NODE_ID
        one.on_talk = lambda node_id, order: _heard(order, running) if node_id == NODE_ID else None
    cut_off._bus.is_down = True

    async def runs(task_id: str) -> None:
        running.add(task_id)

    return Parts(control, cut_off, runs)


@pytest_asyncio.fixture
async def nats_parts(nats_server: NatsServer) -> AsyncIterator[Parts]:
    away = BusConnection(BusSettings(urls=["nats://127.0.0.1:1"], timeout_s=0.05))
    node = await nats_server.connect()
    async with declared_bus(nats_server) as bus:
        running: set[str] = set()

        async def takes(message: Msg) -> None:
            talk = msgspec.json.decode(message.data, type=NodeOrder).talk
            await message.respond(msgspec.json.encode(_heard(talk, running)) if talk is not None else b"{}")

        async def runs(task_id: str) -> None:
            running.add(task_id)

            async def kills(message: Msg) -> None:
                await message.respond(msgspec.json.encode(CancelReply(id=task_id, node_id=NODE_ID)))

            await node.subscribe(names.cancel_subject(task_id), cb=kills)
            await settled(node)

        await node.subscribe(names.node_subject(NODE_ID), cb=takes)
        await settled(node)
        yield Parts(BusNodeControl(bus), BusNodeControl(away), runs)
    await node.close()


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def test_the_node_that_runs_a_task_is_named(parts: Parts) -> None:
    await parts.runs("a")
    assert await parts.control.cancel("a", "asked to", 5) == NODE_ID


async def test_where_no_node_runs_a_task_nobody_is_named(parts: Parts) -> None:
    await parts.runs("another")
    assert await parts.control.cancel("a", "asked to", 5) is None


async def test_a_node_takes_an_order_and_one_that_is_not_there_does_not(parts: Parts) -> None:
    assert await parts.control.order(NODE_ID, "drain", 5)
    assert not await parts.control.order("n2", "drain", 5)


async def test_a_node_takes_what_is_said_to_a_task_that_it_runs(parts: Parts) -> None:
    await parts.runs("a")
    order = TalkOrder(id="a", first=3, said=[Said.of(b"\xff"), Said.of(closes=True)])
    assert await parts.control.talk(NODE_ID, order, 5) == TalkReply(id="a", attempt=1, taken=4, full=False, waits=False)
    unknown = TalkOrder(id="another", first=1, said=[])
    assert await parts.control.talk(NODE_ID, unknown, 5) == TalkRefusal(unknown="another")
    assert await parts.control.talk("n2", order, 5) is None


async def test_without_a_bus_nobody_answers_and_nothing_is_raised(parts: Parts) -> None:
    await parts.runs("a")
    assert await parts.without_bus.cancel("a", "asked to", 0.05) is None
    assert not await parts.without_bus.order(NODE_ID, "drain", 0.05)
    assert await parts.without_bus.talk(NODE_ID, TalkOrder(id="a", first=1, said=[]), 0.05) is None
