"""The audit trail on a real bus: what was told stays, and nobody takes it away."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from broker_gateway.application.audit import AuditFilter
from broker_gateway.infrastructure.bus.audit import WINDOW, BusAuditTrail
from schemas import names
from schemas.audit import AuditRecord
from schemas.topology import BusLimits
from tests.integration.gateway.declared_bus import declared_bus, start_empty
from tests.servers import NatsServer
from tests.servers.waiting import eventually


def a_record(number: int = 0, **changes: object) -> AuditRecord:
    record = AuditRecord(
        at_ms=1000 + number, action="Cancel", outcome="OK", client="blog", subject=f"t{number}", owner=None, not_told=0
    )
    return msgspec.structs.replace(record, **changes)


async def test_it_is_listed_newest_first_in_pages(nats_server: NatsServer) -> None:
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits()) as bus:
        trail = BusAuditTrail(bus)
        count = 2 * WINDOW + 10
        for number in range(count):
            trail.note(a_record(number, action="Cancel" if number % 2 else "Get"))
        await trail.close()
        found, token = list[AuditRecord](), ""
        while True:
            page = await trail.page(AuditFilter(), 100, token)
            found += page.records
            token = page.next_token
            if not token:
                break
        assert [one.at_ms for one in found] == [1000 + number for number in reversed(range(count))]
        only = await trail.page(AuditFilter(action="Get", since_ms=1000 + count - 4), 100, "")
        assert [one.at_ms for one in only.records] == [1000 + count - 2, 1000 + count - 4]
        assert (await trail.page(AuditFilter(client="nobody"), 100, "")).records == []
        with pytest.raises(ValueError, match="token"):
            await trail.page(AuditFilter(), 100, "x")


async def test_what_is_noted_while_the_bus_is_away_is_stored_afterwards(nats_server: NatsServer) -> None:
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits()) as bus:
        trail = BusAuditTrail(bus)
        running = asyncio.create_task(trail.run())
        nats_server.kill()
        for number in range(5):
            trail.note(a_record(number))
        nats_server.start()

        async def all_there() -> bool:
            return {one.at_ms for one in (await trail.page(AuditFilter(), 100, "")).records} == set(range(1000, 1005))

        await eventually(all_there, 30)
        running.cancel()


async def test_no_role_takes_anything_out_of_it(nats_server: NatsServer) -> None:
    await start_empty(nats_server)
    async with declared_bus(nats_server, BusLimits()) as bus:
        trail = BusAuditTrail(bus)
        trail.note(a_record())
        await trail.close()
        stream = names.STREAM_AUDIT
        for call, body in ((f"STREAM.PURGE.{stream}", {}), (f"STREAM.MSG.DELETE.{stream}", {"seq": 1})):
            answer = json.loads((await bus.request(f"$JS.API.{call}", json.dumps(body).encode())).data)
            assert "error" in answer, call
        assert len((await trail.page(AuditFilter(), 100, "")).records) == 1
