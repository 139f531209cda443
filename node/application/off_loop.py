"""Work whose size a stranger chose, done where it holds nobody up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

INLINE_BYTES = 16 << 10
"""What takes less than 5 ms whatever it holds; a hop to a thread and back costs 0.1 ms."""

_Result = TypeVar("_Result")


async def off_loop(size: int, work: Callable[[], _Result]) -> _Result:
    """Does ``work`` on ``size`` characters or bytes: at once where they are few, otherwise in a thread, beside which
    the event loop runs on. The work must be linear, and must share nothing with the loop."""
    return work() if size <= INLINE_BYTES else await asyncio.to_thread(work)
