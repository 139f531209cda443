"""The projector's source of what happened, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from broker_gateway.application.history_ports import HistoryEntry
from broker_gateway.infrastructure.bus.durable_pull import MOST_BYTES
from broker_gateway.infrastructure.bus.history_source import BusHistorySource
from broker_gateway.infrastructure.bus.results import BusResultStore
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from chassis.nats.jetstream import JetStreamError
from schemas import names
from schemas.status import Status
from tests.builders import a_result, a_stage, an_event

FOREVER_S = 3600.0


async def happened(bus: BusConnection, *task_ids: str) -> None:
    """Stored when this returns."""
    for task_id in task_ids:
        event = msgspec.json.encode(an_event(task_id, Status.QUEUED))
        await bus.request(names.event_subject(task_id, Status.QUEUED), event)


def ids(entries: Iterable[HistoryEntry]) -> list[str]:
    return [entry.record.execution.id for entry in entries]


async def delivered(bus: BusConnection, count: int) -> None:
    """Returns once so many messages are on their way to the source, or there."""
    info = {"num_ack_pending": 0}
    while info["num_ack_pending"] < count:
        with suppress(JetStreamError):  # the source has yet to declare its consumer
            info = await jetstream.call(bus, f"CONSUMER.INFO.{names.STREAM_EVENTS}.{names.HISTORY_CONSUMER}")


async def test_what_trickles_in_comes_together(bus: BusConnection) -> None:
    """Each message had a transaction of its own: half of the engine's throughput."""
    source = BusHistorySource(bus, names.STREAM_EVENTS, gather_s=FOREVER_S)
    async with asyncio.timeout(20):
        taking = asyncio.create_task(source.take(3))
        await happened(bus, "a")
        await delivered(bus, 1)
        await happened(bus, "b", "c", "d")
        assert ids(await taking) == ["a", "b", "c"]


async def test_a_backlog_waits_for_nothing(bus: BusConnection) -> None:
    await happened(bus, *(f"t{number}" for number in range(40)))
    source = BusHistorySource(bus, names.STREAM_EVENTS, gather_s=FOREVER_S)
    async with asyncio.timeout(20):
        taken = [ids(await source.take(10)) for _ in range(4)]
    assert taken == [[f"t{number}" for number in range(first, first + 10)] for first in (0, 10, 20, 30)]


async def test_what_stays_alone_comes_alone(bus: BusConnection) -> None:
    await happened(bus, "a")
    source = BusHistorySource(bus, names.STREAM_EVENTS, gather_s=0.01)
    async with asyncio.timeout(20):
        assert ids(await source.take(10)) == ["a"]
        await happened(bus, "b")
        assert ids(await source.take(10)) == ["b"]


async def test_the_largest_messages_come_a_few_at_a_time(bus: BusConnection) -> None:
    """All that the bus had of them were in the gateway's memory at once."""
    large = "x" * (bus.max_bytes - 4096)
    count = 3 * MOST_BYTES // len(large)
    for number in range(count):
        await BusResultStore(bus).store(a_result(f"t{number}", run=a_stage(stdout=large)))
    source = BusHistorySource(bus, names.STREAM_RESULTS, gather_s=FOREVER_S)
    async with asyncio.timeout(60):
        taken = set(ids(await source.take(count)))
        info = await jetstream.call(bus, f"CONSUMER.INFO.{names.STREAM_RESULTS}.{names.HISTORY_CONSUMER}")
        assert info["num_pending"] > 0
        while len(taken) < count:
            taken |= set(ids(await source.take(count)))
    assert taken == {f"t{number}" for number in range(count)}
