"""Progress on a real bus, told to a real endpoint: by one gateway or the next, and never once the task has ended."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import msgspec
from aiohttp import web

from broker_gateway.application.progress_relay import ProgressRelay
from broker_gateway.application.settings import ProgressSettings
from broker_gateway.infrastructure.bus.progress_source import BusEnds, BusProgressSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.webhook import WebhookTransport
from broker_gateway.infrastructure.metrics import Metrics
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.progress import ProgressMessage
from tests.builders import a_result, some_progress
from tests.fakes.callback_endpoint import serving
from tests.integration.gateway.gateway_process import GatewayProcess
from tests.servers import EtcdServer, NatsServer
from tests.servers.waiting import eventually

LOOPBACK = ["127.0.0.0/8"]


@dataclass
class Endpoint:
    """Keeps what it is told; while ``is_silent``, it answers nothing."""

    is_silent: bool = False
    told: list[tuple[str, str, int]] = field(default_factory=list)
    """Idempotency key, type and sequence."""

    async def answer(self, request: web.Request) -> web.Response:
        said = json.loads(await request.read())
        self.told.append((request.headers["Idempotency-Key"], said["type"], said["data"]["sequence"]))
        if self.is_silent:
            await asyncio.Event().wait()
        return web.Response(status=204)


async def happens(bus: BusConnection, *messages: ProgressMessage) -> None:
    """A node says so; stored when this returns."""
    for message in messages:
        subject = names.progress_subject(message.progress.execution.id)
        await jetstream.store(bus, subject, msgspec.json.encode(message))


async def left(bus: BusConnection) -> int:
    info = await jetstream.call(bus, f"STREAM.INFO.{names.STREAM_PROGRESS}")
    return int(info["state"]["messages"])


@asynccontextmanager
async def relaying(bus: BusConnection) -> AsyncIterator[None]:
    webhooks = WebhookTransport(AddressGuard(LOOPBACK), timeout_s=5, user_agent="coderunner/test")
    relay = ProgressRelay(
        source=BusProgressSource(bus),
        transports={"http": webhooks},
        ends=BusEnds(bus),
        settings=replace(ProgressSettings(), burst=100),
        count=Metrics().count_progress,
    )
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await webhooks.close()


async def test_what_happens_is_told_in_order_and_leaves_the_bus(bus: BusConnection) -> None:
    endpoint = Endpoint()
    async with serving(endpoint.answer) as url, relaying(bus):
        await happens(bus, *(some_progress("t1", url, case=case) for case in (None, 0, 1)))
        await eventually(lambda: len(endpoint.told) == 3)
        assert endpoint.told == [
            ("t1.0", "execution.running", 0),
            ("t1.1", "execution.case", 1),
            ("t1.2", "execution.case", 2),
        ]

        async def nothing_left() -> bool:
            return await left(bus) == 0

        await eventually(nothing_left)


async def test_of_a_task_that_has_ended_nothing_is_told_and_what_nobody_understands_stops_nothing(
    bus: BusConnection,
) -> None:
    endpoint = Endpoint()
    assert not await BusEnds(bus).has_ended("t1")
    await BusResultStore(bus).store(a_result("t1"))
    assert await BusEnds(bus).has_ended("t1")
    assert not await BusEnds(bus).has_ended("t")
    async with serving(endpoint.answer) as url, relaying(bus):
        await jetstream.store(bus, names.progress_subject("t0"), b'{"nonsense": 7}')
        await happens(bus, some_progress("t1", url), some_progress("t1", url, case=0), some_progress("t2", url))

        async def nothing_left() -> bool:
            return await left(bus) == 0

        await eventually(nothing_left)
        await eventually(lambda: bool(endpoint.told))
    assert [key for key, _, _ in endpoint.told] == ["t2.0"]


async def test_of_one_tasks_flood_only_the_newest_wait(bus: BusConnection) -> None:
    cases = topology.PROGRESS_PER_TASK + 50
    await happens(bus, *(some_progress("t1", case=case) for case in range(cases)), some_progress("t2"))
    assert await left(bus) == topology.PROGRESS_PER_TASK + 1


async def test_what_a_gateway_was_telling_when_it_was_killed_another_tells_again_with_the_same_key(
    bus: BusConnection, nats_server: NatsServer, etcd_server: EtcdServer
) -> None:
    async def nothing_left() -> bool:
        return await left(bus) == 0  # the acknowledgement is posted, and counted before it has left

    endpoint = Endpoint(is_silent=True)
    flags = ["--nats-urls", nats_server.url, "--etcd-endpoints", etcd_server.endpoint, "--roles", "relay"]
    flags += ["--callback-allowed-networks", LOOPBACK[0]]
    async with serving(endpoint.answer) as url:
        first = GatewayProcess(*flags)
        try:
            await asyncio.to_thread(first.wait_for, "gateway_ready")
            await happens(bus, some_progress("t1", url))
            await eventually(lambda: len(endpoint.told) == 1)
            first.end(signal.SIGKILL)
        finally:
            first.close()
        endpoint.is_silent = False
        second = GatewayProcess(*flags)
        try:
            await eventually(lambda: len(endpoint.told) == 2, topology.RELAY_ACK_WAIT_S * 3)
            assert endpoint.told == [("t1.0", "execution.running", 0)] * 2
            await asyncio.to_thread(second.wait_metric, 'coderunner_progress_callbacks_total{outcome="delivered"} 1.0')
            await eventually(nothing_left)
        finally:
            second.close()


async def test_a_result_is_delivered_though_its_endpoint_hangs_at_progress(
    bus: BusConnection, nats_server: NatsServer, etcd_server: EtcdServer
) -> None:
    """The progress of a dead endpoint keeps no result waiting: it has turns and tries of its own."""
    ends: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if "data" in json.loads(await request.read()):
            await asyncio.Event().wait()
        ends.append(request.headers["Idempotency-Key"])
        return web.Response(status=204)

    flags = ["--nats-urls", nats_server.url, "--etcd-endpoints", etcd_server.endpoint, "--roles", "relay"]
    async with serving(answer) as url:
        gateway = GatewayProcess(*flags, "--callback-allowed-networks", LOOPBACK[0])
        try:
            await asyncio.to_thread(gateway.wait_for, "gateway_ready")
            await happens(bus, *(some_progress("t1", url, case=case) for case in range(8)))
            await BusResultStore(bus).store(a_result("t2", url))
            await eventually(lambda: ends == ["t2"], 2.5)
        finally:
            gateway.close()
