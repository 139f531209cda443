from __future__ import annotations

import asyncio

import pytest
from nats.aio.client import Client

from node.infrastructure.bus.connection import Bus, BusSettings


async def test_connecting_ends_when_it_is_called_off_even_where_the_library_swallows_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A node that never saw its bus did not end on SIGTERM, now and then."""
    begun, swallowed = asyncio.Event(), []

    async def deaf(_client: Client, **_options: object) -> None:
        while True:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if len(swallowed) == 2:
                    raise
                swallowed.append(True)

    monkeypatch.setattr(Client, "connect", deaf)
    connecting = asyncio.create_task(Bus(BusSettings(), "n1").connect())
    await begun.wait()
    connecting.cancel()
    await asyncio.wait({connecting}, timeout=5)
    assert connecting.cancelled()
    assert len(swallowed) == 2


async def test_what_connecting_fails_with_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_client: Client, **_options: object) -> None:
        raise ValueError("no such option")

    monkeypatch.setattr(Client, "connect", broken)
    with pytest.raises(ValueError, match="no such option"):
        await Bus(BusSettings(), "n1").connect()
