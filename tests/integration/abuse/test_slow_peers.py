"""Peers that begin and never end: calls, connections, requests to the HTTP endpoint."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from broker_gateway.interfaces.reception import SLOW
from chassis.http import MAX_CONNECTIONS
from tests.integration.abuse.http2 import PREFACE, UnfinishedCalls, hang_up
from tests.integration.abuse.target import Target
from tests.integration.guarantees.burden import resident_kib
from tests.servers.waiting import eventually

MIB = 1 << 20
CALLS, REQUEST_BYTES, SENT_BYTES = 150, 4 * MIB - 100, 3_900_000
SPARE_KIB = 100 << 10
SENT_WITHIN_S = 60.0
REFUSED_WITHIN_S = 20.0
"""Sooner than those that are waited for are given up."""


async def test_requests_that_never_end_are_held_by_few_calls_and_not_for_long(target: Target) -> None:
    """All of them together would be 585 MB."""
    before_kib = resident_kib(target.gateway)
    unfinished = UnfinishedCalls("/coderunner.v1.ExecutionService/Submit", CALLS, REQUEST_BYTES, SENT_BYTES)
    holding = asyncio.create_task(unfinished.run(target.gateway.grpc_port))

    async def is_bounded() -> bool:
        return resident_kib(target.gateway) <= before_kib + SLOW * (REQUEST_BYTES >> 10) + SPARE_KIB

    try:
        async with asyncio.timeout(SENT_WITHIN_S):
            await unfinished.is_sent.wait()
        await eventually(is_bounded, REFUSED_WITHIN_S)
        await target.works()
    finally:
        holding.cancel()
        await asyncio.wait([holding])


@contextlib.asynccontextmanager
async def connections(port: int, count: int, said: bytes) -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many that say this, and then nothing."""
    writers = []
    readers = []
    try:
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            readers.append(reader)
            writers.append(writer)
        yield readers
    finally:
        await asyncio.gather(*map(hang_up, writers))


@pytest.mark.parametrize(
    "said", [b"", b"GET /liv", b"GET /live HTTP/1.1\r\nHost: x\r\nX: "], ids=["none", "line", "head"]
)
async def test_connections_that_say_nothing_keep_nobody_from_the_http_endpoint(target: Target, said: bytes) -> None:
    for daemon in target.daemons:
        async with connections(daemon.http_port, MAX_CONNECTIONS + 50, said) as opened:
            await target.works()
            async with asyncio.timeout(20):
                assert await opened[0].read() == b""  # the oldest had to go


@pytest.mark.parametrize("said", [b"", PREFACE[:10], PREFACE, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00"])
async def test_connections_that_say_nothing_keep_nobody_from_the_api(target: Target, said: bytes) -> None:
    async with connections(target.gateway.grpc_port, 300, said):
        await target.works()
