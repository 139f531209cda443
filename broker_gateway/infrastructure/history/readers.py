"""The connections for whoever reads the history, in fair shares: one client's slow lists make only that client wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from broker_gateway.application.fair_shares import FairShares
from broker_gateway.application.history_ports import HistoryUnavailableError
from broker_gateway.infrastructure.history.engine import DatabaseLimits
from broker_gateway.infrastructure.history.failures import answering

_DATABASE = "history"
"""All readers ask the same one. A client has more of its connections the longer it answers that client in time."""


class Readers:
    """What a client reads with. Alone it has at most half of the connections, and somebody else always finds one."""

    def __init__(self, engine: AsyncEngine, limits: DatabaseLimits, whose: Callable[[], str]) -> None:
        """``whose``: the client that asks just now."""
        self._engine = engine
        self._limits = limits
        self._whose = whose
        self._shares = FairShares(limits.connections, limits.connections)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection; waits for one. Raises HistoryUnavailableError."""
        client, works = self._whose(), False
        async with AsyncExitStack() as held:
            await self._turn(held, client)
            try:
                async with answering(self._limits.call_s), self._engine.connect() as connection:
                    yield connection
                works = True
            finally:
                self._shares.settle(client, _DATABASE, works=works)

    async def _turn(self, held: AsyncExitStack, client: str) -> None:
        try:
            async with asyncio.timeout(self._limits.connect_s):
                await held.enter_async_context(self._shares.turn(client, _DATABASE))
        except TimeoutError:
            raise HistoryUnavailableError("too many of this client's calls ask it now; try again") from None
