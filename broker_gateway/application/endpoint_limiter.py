"""Turns per endpoint: a slow one makes only its own deliveries wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class EndpointLimiter:
    def __init__(self, width: int) -> None:
        """``width``: how many deliveries one endpoint may have in flight."""
        self._width = width
        self._lanes: dict[str, _Lane] = {}

    def length(self, endpoint: str) -> int:
        """How many are in flight or wait for their turn."""
        lane = self._lanes.get(endpoint)
        return lane.length if lane is not None else 0

    @asynccontextmanager
    async def turn(self, endpoint: str) -> AsyncIterator[None]:
        lane = self._lanes.setdefault(endpoint, _Lane(self._width))
        lane.length += 1
        try:
            async with lane.slots:
                yield
        finally:
            lane.length -= 1
            if not lane.length:
                del self._lanes[endpoint]


class _Lane:
    def __init__(self, width: int) -> None:
        self.slots = asyncio.Semaphore(width)
        self.length = 0
