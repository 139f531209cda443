"""Streams and consumers on real servers."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from broker_gateway.infrastructure.bus import declare
from broker_gateway.infrastructure.bus.declare import Declaration
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas import names, topology
from schemas.status import PRIORITIES_BY_URGENCY
from schemas.topology import BusLimits
from tests.builders import a_new_task, a_result
from tests.integration.gateway.declared_bus import Connect, declared, declared_bus
from tests.servers import NatsCluster
from tests.servers.fixtures import StartNats
from tests.servers.waiting import eventually

STREAMS = [config["name"] for config in topology.streams(BusLimits())]


async def config_of(bus: BusConnection, stream: str) -> topology.JsonObject:
    config: topology.JsonObject = (await jetstream.call(bus, f"STREAM.INFO.{stream}"))["config"]
    return config


async def test_the_streams_are_as_they_were_declared(bus: BusConnection) -> None:
    for wanted in topology.streams(BusLimits()):
        found = await config_of(bus, wanted["name"])
        assert {key: found.get(key, -1) for key in wanted} == {
            key: -1 if value in (0, -1) and key not in found else value for key, value in wanted.items()
        }


async def test_gateways_that_declare_at_once_do_not_disturb_each_other(connect: Connect) -> None:
    buses = await asyncio.gather(*(connect() for _ in range(4)))
    await asyncio.gather(*(declare.ensure_all(bus, BusLimits()) for bus in buses * 3))
    pool = [topology.task_consumer("default", one) for one in PRIORITIES_BY_URGENCY]
    await asyncio.gather(
        *(declare.ensure_consumer(bus, names.STREAM_TASKS, config) for bus in buses for config in pool)
    )
    listed = await jetstream.call(buses[0], f"CONSUMER.NAMES.{names.STREAM_TASKS}")
    assert sorted(listed["consumers"]) == ["default-high", "default-low", "default-normal"]


async def test_changed_limits_are_applied_and_nothing_is_lost(connect: Connect) -> None:
    bus = await connect()
    lengths = QueueLengths(bus)
    task = a_new_task()
    await BusTaskQueue(bus, lengths).enqueue(task)
    other = await connect(BusLimits(tasks_max_msgs=7, results_max_age_s=60))
    assert (await config_of(other, names.STREAM_TASKS))["max_msgs"] == 7
    assert (await config_of(other, names.STREAM_RESULTS))["max_age"] == 60 * 10**9
    assert await BusTaskQueue(other, lengths).find(task.id) == task
    await lengths.close()


async def test_a_server_that_comes_back_empty_is_declared_again(start_nats: StartNats) -> None:
    server = start_nats()
    async with declared_bus(server) as bus:
        for stream in STREAMS:
            await jetstream.call(bus, f"STREAM.DELETE.{stream}")
        server.restart()
        async with asyncio.timeout(15):
            while True:
                try:
                    assert await BusResultStore(bus).store(a_result("a"))
                    break
                except BusUnavailableError:
                    continue


async def test_what_the_server_refuses_is_not_taken_for_done(start_nats: StartNats) -> None:
    """Three replicas need a cluster."""
    server = start_nats()
    bus = BusConnection(BusSettings(urls=[server.url]))
    declaration = Declaration(bus, BusLimits(replicas=3))
    with capture_logs() as said:
        bus.start()
        await eventually(lambda: "bus_not_declared" in [line["event"] for line in said])
    assert not declaration.done.is_set()
    assert not declaration.connected()
    await declaration.close()
    await bus.close()


async def test_three_replicas_survive_their_leader(nats_cluster: NatsCluster) -> None:
    settings = BusSettings(urls=nats_cluster.urls, timeout_s=10, reconnect_max_s=0.5)
    async with declared(settings, BusLimits(replicas=3), within_s=30) as bus, asyncio.timeout(60):
        lengths = QueueLengths(bus)
        queue = BusTaskQueue(bus, lengths)
        before, after = a_new_task(), a_new_task()
        await queue.enqueue(before)
        await asyncio.to_thread(lambda: nats_cluster.leader_of(names.STREAM_TASKS).kill())
        while True:
            try:
                await queue.enqueue(after)
                break
            except BusUnavailableError:
                continue
        assert await queue.find(before.id) == before
        assert await queue.find(after.id) == after
        await lengths.close()


async def test_all_streams_together_stay_below_what_the_account_may_store(start_nats: StartNats) -> None:
    """The server is the one of nats.conf: with its own numbers."""
    server = start_nats(roles=True)
    settings = BusSettings(urls=[server.url_as("gateway")], inbox_prefix=names.INBOX_GATEWAY)
    async with declared(settings) as bus:
        account = await jetstream.call(bus, "INFO")
        sizes = [(await config_of(bus, stream))["max_bytes"] for stream in STREAMS]
        assert min(sizes) > 0
        assert sum(sizes) <= 0.9 * account["limits"]["max_storage"]
    async with declared(settings) as bus:  # another gateway, or the same again
        assert [(await config_of(bus, stream))["max_bytes"] for stream in STREAMS] == sizes
