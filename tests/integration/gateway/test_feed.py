"""Live messages over a real server."""

from __future__ import annotations

import asyncio

import msgspec

from broker_gateway.infrastructure.bus.events import BusTaskEvents
from broker_gateway.infrastructure.bus.feed import MAX_PENDING, BusLiveFeed
from broker_gateway.infrastructure.bus.results import BusResultStore
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.execution import Execution, OutputChunk, ResultMessage
from schemas.status import Status
from tests.builders import a_chunk, a_result, an_event
from tests.integration.gateway.declared_bus import Connect, declared_bus
from tests.servers.fixtures import StartNats
from tests.servers.settling import settled


async def publish(bus: BusConnection, subject: str, message: object) -> None:
    await (await bus.client()).publish(subject, msgspec.json.encode(message))


async def test_a_watcher_gets_states_output_and_result_in_the_order_they_happened(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    feed = await BusLiveFeed(gateway).open("a")
    await publish(node, names.event_subject("a", Status.RUNNING), an_event("a", Status.RUNNING))
    chunks = [a_chunk("a", f"line {number}\n", number * 7) for number in range(200)]
    for chunk in chunks:
        await publish(node, names.output_subject("a"), chunk)
    await BusResultStore(node).store(a_result("a"))
    seen = [await feed.next(5) for _ in range(202)]
    assert isinstance(seen[0], Execution)
    assert seen[0].status is Status.RUNNING
    assert seen[1:-1] == chunks
    assert seen[-1] == a_result("a")
    await feed.close()


async def test_a_node_that_only_looks_at_a_task_is_no_news_to_a_watcher(connect: Connect) -> None:
    """Who watched a program of 16 KiB was told twice that it is queued."""
    node, gateway = await connect(), await connect()
    feed = await BusLiveFeed(gateway).open("a")
    looked_at = an_event("a", Status.QUEUED, node_id="n1", attempt=1)
    await publish(node, names.preparing_subject("a"), looked_at)
    await publish(node, names.event_subject("a", Status.RUNNING), an_event("a", Status.RUNNING))
    await publish(node, names.prepared_subject("a"), looked_at)
    await BusResultStore(node).store(a_result("a"))
    running, result = [await feed.next(5) for _ in range(2)]
    assert isinstance(running, Execution)
    assert running.status is Status.RUNNING
    assert result == a_result("a")
    await feed.close()


async def test_a_watcher_hears_of_no_other_task(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    feed = await BusLiveFeed(gateway).open("a")
    await publish(node, names.output_subject("b"), a_chunk("b", "not yours"))
    await publish(node, names.output_subject("a"), a_chunk("a", "yours"))
    live = await feed.next(5)
    assert isinstance(live, OutputChunk)
    assert live.text == "yours"
    await feed.close()


async def test_who_waits_for_the_result_only_gets_nothing_else(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    store = BusResultStore(gateway)
    feed = await BusLiveFeed(gateway).open("a", results_only=True)
    assert await store.find("a") is None  # the round trip that every caller makes; the subscription precedes it
    await publish(node, names.output_subject("a"), a_chunk("a", "x"))
    await publish(node, names.event_subject("a", Status.RUNNING), an_event("a", Status.RUNNING))
    await BusResultStore(node).store(a_result("a"))
    assert isinstance(await feed.next(5), ResultMessage)
    await feed.close()


async def test_who_waits_for_the_result_may_ask_again_and_again(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    feed = await BusLiveFeed(gateway).open("a", results_only=True)
    assert await feed.next(0.01) is None
    waiting = asyncio.create_task(feed.next(5))
    assert await BusResultStore(gateway).find("a") is None  # a round trip: it waits by now, and the server knows
    await BusResultStore(node).store(a_result("a"))
    assert await waiting == a_result("a")
    assert await feed.next(0.01) is None
    await feed.close()


async def test_a_result_that_is_not_understood_is_none_and_the_wait_keeps_its_pace(bus: BusConnection) -> None:
    feed = await BusLiveFeed(bus).open("a", results_only=True)
    await publish(bus, topology.stored_result_subject("a"), {"nonsense": True})
    assert await feed.next(5) is None
    started = asyncio.get_running_loop().time()
    assert await feed.next(0.1) is None
    assert asyncio.get_running_loop().time() - started >= 0.08
    await feed.close()


async def test_a_wait_for_a_result_leaves_no_subscription(bus: BusConnection) -> None:
    client = await bus.client()
    before = len(client._subs)
    for number in range(10):
        feed = await BusLiveFeed(bus).open(f"a{number}", results_only=True)
        if number % 2:
            await BusResultStore(bus).store(a_result(f"a{number}"))
            assert await feed.next(5) is not None
        await feed.close()
    assert len(client._subs) == before


async def test_a_result_that_lost_is_never_seen(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    store = BusResultStore(node)
    await store.store(a_result("a", node_id="first"))
    feed = await BusLiveFeed(gateway).open("a")
    assert not await store.store(a_result("a", node_id="late"))
    await publish(node, names.output_subject("a"), a_chunk("a", "the end"))
    live = await feed.next(5)
    assert isinstance(live, OutputChunk)
    await feed.close()


async def test_nothing_new_is_none_after_the_time_and_the_feed_goes_on(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    feed = await BusLiveFeed(gateway).open("a")
    assert await feed.next(0.01) is None
    await publish(node, names.output_subject("a"), a_chunk("a", "x"))
    assert await feed.next(5) is not None
    await feed.close()


async def test_a_message_that_is_not_understood_is_passed_over(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    feed = await BusLiveFeed(gateway).open("a")
    await publish(node, names.output_subject("a"), {"nonsense": True})
    await publish(node, names.output_subject("a"), a_chunk("a", "x"))
    assert not feed.has_gap()
    live = await feed.next(5)
    assert isinstance(live, OutputChunk)
    assert feed.has_gap()
    await feed.close()


async def test_a_closed_feed_leaves_no_subscription(bus: BusConnection) -> None:
    client = await bus.client()
    before = len(client._subs)
    for _ in range(50):
        feed = await BusLiveFeed(bus).open("a")
        await feed.close()
    assert len(client._subs) == before


async def test_a_feed_survives_a_restart_of_the_server(start_nats: StartNats) -> None:
    server = start_nats()
    async with declared_bus(server) as node, declared_bus(server) as gateway:
        feed = await BusLiveFeed(gateway).open("a")
        assert not feed.has_gap()
        server.restart()
        assert await BusResultStore(gateway).find("a") is None  # connected again, subscriptions first
        assert [feed.has_gap(), feed.has_gap()] == [True, False]
        assert await BusResultStore(node).find("a") is None
        await BusResultStore(node).store(a_result("a"))
        assert isinstance(await feed.next(5), ResultMessage)
        await feed.close()


async def test_events_of_all_tasks_reach_their_follower(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    events = BusTaskEvents(gateway)
    first = asyncio.create_task(events.next())
    async with asyncio.timeout(10):
        while not first.done():  # the first ones may come before the subscription does
            await publish(node, names.event_subject("a", Status.SUCCEEDED), an_event("a", Status.SUCCEEDED))
            await settled(await node.client())
    assert (await first).id == "a"


async def test_a_reader_that_fell_too_far_behind_knows_that_it_missed_something(connect: Connect) -> None:
    node, gateway = await connect(), await connect()
    feed = await BusLiveFeed(gateway).open("a")
    for _ in range(MAX_PENDING + 1):
        node.post(names.output_subject("a"), msgspec.json.encode(a_chunk("a", "x")))
    await BusResultStore(node).store(a_result("a"))
    assert await BusResultStore(gateway).find("a") is not None  # all that was said before has been read, or dropped
    assert await feed.next(5) is not None
    assert feed.has_gap()
    await feed.close()
