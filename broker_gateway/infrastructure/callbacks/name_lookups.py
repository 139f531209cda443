"""The look-ups of callbacks' hosts, in threads of their own.

The system's resolver holds its thread and cannot be called off: a name whose servers say nothing holds it for ten
seconds and more, and clients choose the names. The event loop has a handful of threads, uvloop two for this, and with
them would go everybody's callbacks, and the way back to the bus and the database.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from contextvars import ContextVar
from functools import partial

from broker_gateway.application.fair_shares import FairShares

AT_ONCE = 64
"""Threads; of one client half of them, of two a third each, and so on."""
CALLED_FOR: ContextVar[str] = ContextVar("called_for", default="")
"""The client whose callback is being delivered; empty where it has no name. The HTTP client asks for addresses in a
context of its own making, which is a copy of its caller's."""

Found = Sequence[tuple[socket.AddressFamily, str]]


class NameLookups:
    """The look-ups under way. One that nobody waits for any more keeps its turn until its thread is free: whoever has
    names that hang waits for those alone."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._threads = ThreadPoolExecutor(at_once, "names")
        self._shares = FairShares(at_once, at_once)
        self._under_way: set[asyncio.Task[Found]] = set()

    async def addresses(self, host: str, port: int) -> Found:
        """The addresses of a name, or of a literal in any spelling, in the resolver's order. Raises OSError."""
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._shares.turn(CALLED_FOR.get() or host, host))
            looking = asyncio.create_task(self._look(turn.pop_all(), host, port))
        self._under_way.add(looking)
        looking.add_done_callback(self._ended)
        return await asyncio.shield(looking)

    async def _look(self, turn: AsyncExitStack, host: str, port: int) -> Found:
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        async with turn:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return [(family, str(where[0])) for family, _, _, _, where in found]

    def _ended(self, looking: asyncio.Task[Found]) -> None:
        self._under_way.discard(looking)
        if not looking.cancelled():
            looking.exception()  # who asked may have gone
