"""Waiting for what a server knows and tells nobody."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable

_POLL_S = 0.02


async def eventually(there: Callable[[], Awaitable[bool]] | Callable[[], bool], within_s: float = 15.0) -> None:
    """Returns once ``there()`` says yes. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            answer = there()
            if await answer if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(_POLL_S)


def within(seconds: float) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """A test that takes longer has failed, and does not wait for ever."""

    def bounded(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        @functools.wraps(test)
        async def run(*args: object, **named: object) -> None:
            async with asyncio.timeout(seconds):
                await test(*args, **named)

        return run

    return bounded
