"""Under the permissions of nats.conf, the gateway may do all that its adapters do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest_asyncio

from broker_gateway.application.ports import TaskFilter
from broker_gateway.infrastructure.bus.control import BusNodeControl
from broker_gateway.infrastructure.bus.dead import BusDeadLetters
from broker_gateway.infrastructure.bus.declare import Declaration
from broker_gateway.infrastructure.bus.events import BusTaskEvents
from broker_gateway.infrastructure.bus.feed import BusLiveFeed
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.rerun import BusTaskRerun
from broker_gateway.infrastructure.bus.result_source import BusResultSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas import names
from schemas.execution import ResultMessage
from schemas.node import CancelReply
from schemas.status import Priority, Status
from schemas.topology import BusLimits
from tests.builders import a_new_task, a_poison_letter, a_result, a_task, an_execution
from tests.servers.fixtures import StartNats
from tests.servers.nats import PASSWORDS, NatsServer
from tests.servers.settling import settled


@pytest_asyncio.fixture
async def server(start_nats: StartNats) -> NatsServer:
    return start_nats(roles=True)


@pytest_asyncio.fixture
async def bus(server: NatsServer) -> AsyncIterator[BusConnection]:
    made = BusConnection(
        BusSettings(
            urls=[server.url],
            user="gateway",
            password=PASSWORDS["gateway"],
            inbox_prefix=names.INBOX_GATEWAY,
            timeout_s=3,
        )
    )
    declaration = Declaration(made, BusLimits())
    made.start()
    async with asyncio.timeout(15):
        await declaration.done.wait()
    yield made
    await declaration.close()
    await made.close()


async def test_the_queue_works(bus: BusConnection) -> None:
    lengths = QueueLengths(bus)
    queue = BusTaskQueue(bus, lengths)
    task = a_new_task()
    assert await queue.waiting("default", Priority.NORMAL) == 0
    assert await queue.enqueue(task)
    assert await queue.find(task.id) == task
    assert await queue.remove(task.id)
    await lengths.close()


async def test_results_feeds_and_the_relays_inbox_work(bus: BusConnection) -> None:
    store = BusResultStore(bus)
    feed = await BusLiveFeed(bus).open("a")
    assert await store.store(a_result("a"))
    assert await store.find("a") == a_result("a")
    assert isinstance(await feed.next(5), ResultMessage)
    async with asyncio.timeout(10):
        (delivery,) = await BusResultSource(bus).take(5)
    await delivery.keep_alive()
    await delivery.bury("undelivered", "why")
    rerun = BusTaskRerun(bus)
    assert await rerun.forget_result(await rerun.snapshot("a"))
    assert await store.find("a") is None
    await feed.close()


async def test_history_and_events_work(bus: BusConnection) -> None:
    history, events = BusHistory(bus), BusTaskEvents(bus)
    task = a_task("a")
    following = asyncio.create_task(events.next())
    async with asyncio.timeout(10):
        while not following.done():
            history.record(an_execution("a", Status.QUEUED), task)
            await settled(await bus.client())
    page = await history.page(TaskFilter(), 5, "")
    assert {one.id for one in page.executions} == {"a"}


async def test_dead_letters_and_revival_work(bus: BusConnection) -> None:
    dead, rerun = BusDeadLetters(bus), BusTaskRerun(bus)
    letter = a_poison_letter(a_task("a"))
    await jetstream.store(bus, names.dead_subject("poison", "a"), msgspec.json.encode(letter), {})
    await BusResultStore(bus).store(a_result("a"))
    assert [one.id for one in (await dead.page("poison", 5, "")).letters] == ["a"]
    snapshot = await rerun.snapshot("a")
    await rerun.forget_attempts("a", snapshot)
    assert await rerun.forget_result(snapshot)
    assert await rerun.enqueue(a_task("a"), "1")
    kept = await dead.newest("a")
    assert kept is not None
    await dead.remove(kept)
    assert await dead.newest("a") is None


async def test_a_node_answers_to_orders(bus: BusConnection, server: NatsServer) -> None:
    node = await server.connect("node")
    orders = await node.subscribe(names.CANCEL_WILDCARD)
    await bus.settle(node)
    asking = asyncio.create_task(BusNodeControl(bus).cancel("a", "", 5))
    await (await orders.next_msg(5)).respond(msgspec.json.encode(CancelReply(id="a", node_id="node-7")))
    assert await asking == "node-7"
    await node.close()


async def test_with_a_wrong_password_it_goes_on_trying(server: NatsServer) -> None:
    """The user may be there in a moment."""
    made = BusConnection(BusSettings(urls=[server.url], user="gateway", password="wrong", reconnect_max_s=0.2))
    made.start()
    client = await server.connect("operator")
    async with asyncio.timeout(10):
        while int(str(server.monitor("/varz")["total_connections"])) < 4:
            await settled(client)
    assert not made.connected()
    await client.close()
    await made.close()
