"""The message with which a gateway looks whether tasks can be stored leaves nothing behind, whoever died over it."""

from __future__ import annotations

import asyncio
import json

import pytest

from broker_gateway.infrastructure.bus import store_watch
from broker_gateway.infrastructure.bus.store_watch import StoreWatch
from schemas import names
from schemas.topology import BusLimits
from tests.integration.gateway.declared_bus import declared_bus, start_empty
from tests.servers import NatsServer
from tests.servers.waiting import eventually


async def test_a_probe_of_a_gateway_that_died_is_taken_away_by_another(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_watch, "LOOK_EVERY_S", 0.01)
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits()) as bus:
        await bus.request(names.probe_subject("dead"), b"")

        async def left() -> int:
            answer = await bus.request(f"$JS.API.STREAM.INFO.{names.STREAM_TASKS}", b"")
            return int(json.loads(answer.data)["state"]["messages"])

        async def nothing_left() -> bool:
            return await left() == 0

        assert await left() == 1
        watching = asyncio.create_task(StoreWatch(bus).run())
        await eventually(nothing_left)
        watching.cancel()
