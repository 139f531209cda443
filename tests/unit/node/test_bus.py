from __future__ import annotations

import asyncio

import pytest
from nats.aio.client import Client

from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings


async def test_connecting_ends_when_it_is_called_off_even_where_the_library_swallows_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A node that never saw its bus did not end on SIGTERM, now and then."""
    begun = asyncio.Event()
    swallowed: list[bool] = []

    async def deaf(_client: Client) -> None:
        while True:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if len(swallowed) == 2:
                    raise
                swallowed.append(True)

    monkeypatch.setattr(Client, "_select_next_server", deaf)
    bus = BusConnection(BusSettings())
    bus.start()
    await begun.wait()
    await asyncio.wait_for(bus.close(), 5)
    assert len(swallowed) == 2


async def test_what_connecting_fails_with_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_client: Client, **_options: object) -> None:
        raise ValueError("no such option")

    monkeypatch.setattr(Client, "connect", broken)
    bus = BusConnection(BusSettings())
    bus.start()
    with pytest.raises(ValueError, match="no such option"):
        await asyncio.wait_for(bus.given_up(), 5)
