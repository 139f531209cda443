"""A reader of live messages who is called off leaves nothing behind."""

from __future__ import annotations

import asyncio

import pytest

from broker_gateway.application.ports import Feed
from broker_gateway.infrastructure.bus.feed import BusLiveFeed
from chassis.nats.connection import BusConnection


async def read(feed: Feed) -> None:
    while True:
        await feed.next(60)


@pytest.mark.parametrize("results_only", [False, True])
async def test_a_feed_whose_reader_was_called_off_leaves_no_subscription(
    bus: BusConnection, *, results_only: bool
) -> None:
    client = await bus.client()
    before = len(client._subs)
    feed = await BusLiveFeed(bus).open("a", results_only=results_only)
    reading = asyncio.create_task(read(feed))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    await feed.close()
    assert len(client._subs) == before
