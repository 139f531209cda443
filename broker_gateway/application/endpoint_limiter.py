"""The limit on callbacks in flight to one endpoint: a slow endpoint makes only its own deliveries wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class EndpointLimiter:
    """A semaphore for each endpoint, kept only while somebody holds or awaits one of its permits."""

    def __init__(self, max_in_flight: int) -> None:
        """``max_in_flight``: how many permits of one endpoint are given out at a time."""
        self._max_in_flight = max_in_flight
        self._endpoints: dict[str, _Permits] = {}

    def count(self, endpoint: str) -> int:
        """The number of deliveries that hold a permit of the endpoint or wait for one."""
        permits = self._endpoints.get(endpoint)
        return permits.count if permits is not None else 0

    @asynccontextmanager
    async def permit(self, endpoint: str) -> AsyncIterator[None]:
        """A permit to call the endpoint, held inside the block; waits until there is one."""
        permits = self._endpoints.setdefault(endpoint, _Permits(self._max_in_flight))
        permits.count += 1
        try:
            async with permits.free:
                yield
        finally:
            permits.count -= 1
            if not permits.count:
                del self._endpoints[endpoint]


class _Permits:
    """The permits of one endpoint."""

    def __init__(self, max_in_flight: int) -> None:
        self.free = asyncio.Semaphore(max_in_flight)
        self.count = 0
        """How many hold one or wait for one."""
