"""The limit on callbacks in flight to one endpoint."""

from __future__ import annotations

import asyncio

from broker_gateway.application.endpoint_limiter import EndpointLimiter
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S


class Caller:
    """Holds a permit from ``begun`` until ``end`` is set."""

    def __init__(self, limiter: EndpointLimiter, endpoint: str) -> None:
        self.begun = asyncio.Event()
        self.end = asyncio.Event()
        self.task = asyncio.create_task(self._call(limiter, endpoint))

    async def _call(self, limiter: EndpointLimiter, endpoint: str) -> None:
        async with limiter.permit(endpoint):
            self.begun.set()
            await self.end.wait()


async def begun(*callers: Caller) -> None:
    async with asyncio.timeout(PATIENCE_S):
        for caller in callers:
            await caller.begun.wait()


async def ended(*callers: Caller) -> None:
    for caller in callers:
        caller.end.set()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(caller.task for caller in callers))


async def test_an_endpoint_gives_out_no_more_permits_than_it_has() -> None:
    limiter = EndpointLimiter(2)
    first, second, third = (Caller(limiter, "h:1") for _ in range(3))
    await begun(first, second)
    assert not third.begun.is_set()
    assert limiter.count("h:1") == 3
    await ended(first)
    await begun(third)
    assert limiter.count("h:1") == 2
    await ended(second, third)


async def test_the_permits_of_one_endpoint_are_not_anothers() -> None:
    limiter = EndpointLimiter(1)
    slow, other = Caller(limiter, "slow:1"), Caller(limiter, "fast:1")
    await begun(slow, other)
    assert (limiter.count("slow:1"), limiter.count("fast:1"), limiter.count("h:1")) == (1, 1, 0)
    await ended(slow, other)


async def test_an_endpoint_that_nobody_calls_is_forgotten() -> None:
    limiter = EndpointLimiter(1)
    first, second = Caller(limiter, "h:1"), Caller(limiter, "h:1")
    await begun(first)
    second.task.cancel()
    await asyncio.wait([second.task])
    assert limiter.count("h:1") == 1
    await ended(first)
    assert limiter._endpoints == {}
