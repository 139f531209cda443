"""Exponential back-off with jitter (ADR 0010): how long to wait before the next try.

Two kinds of callers: some are asked by a library for a number of seconds (nats-py between connections, JetStream's
delayed redelivery), others repeat a call of ours. Both take their delays from one ``Backoff``; the loop of the latter
is stamina's, which knows how to be cancelled and tested.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import stamina

from chassis.errors import GaveUpError

_MAX_DOUBLINGS = 64
"""Keeps the power finite; every delay is at its maximum long before."""

Kinds = type[Exception] | tuple[type[Exception], ...] | Callable[[Exception], bool]


@dataclass(frozen=True, slots=True)
class Backoff:
    """A back-off policy. The delay doubles from ``base_s`` to ``max_s`` seconds; a random part of its upper half is
    left out, so that the clients of a server that came back do not all knock at once."""

    base_s: float = 1.0
    max_s: float = 60.0
    factor: float = 2.0

    def delay_s(self, failures: int, jitter: float | None = None) -> float:
        """Seconds after the ``failures``-th failure in a row (from 1). ``jitter`` in [0, 1): drawn where None."""
        share = random.random() if jitter is None else jitter  # noqa: S311 - spreads load, keeps no secret
        whole = self.base_s * self.factor ** min(max(failures, 1) - 1, _MAX_DOUBLINGS)
        return min(self.max_s, whole) * (0.5 + share / 2)

    def retrying(self, on: Kinds, *, tries: int = 0, within_s: float | None = None) -> AsyncIterator[stamina.Attempt]:
        """The attempts of a block: ``async for attempt in backoff.retrying(on=OSError): with attempt: ...`` until it
        succeeds. The last error is raised after ``tries`` (0: any number) or ``within_s`` seconds (None: any time)."""
        return stamina.retry_context(
            on=on,
            attempts=tries or None,
            timeout=within_s,
            wait_initial=self.base_s,
            wait_max=self.max_s,
            wait_jitter=self.base_s,
        )


class Failures:
    """A count of failures in a row, and the delay that each is followed by."""

    def __init__(self, backoff: Backoff, max_tries: int = 0, *, per_round: int = 1) -> None:
        """``max_tries`` failures in a row (0: any number) are too many: ``too_many`` raises then. ``per_round``: so
        many servers are tried in turn, and the delay doubles with each round of all."""
        self._backoff = backoff
        self._max_tries = max_tries
        self._per_round = max(1, per_round)
        self._spent = asyncio.Event()
        self.count = 0
        """Since the last success."""

    def next_s(self) -> float:
        """Counts one more; seconds to wait now."""
        self.count += 1
        if self._max_tries and self.count >= self._max_tries:
            self._spent.set()
        return self._backoff.delay_s((self.count - 1) // self._per_round + 1)

    def reset(self) -> None:
        """Notes a success: the next wait is short again."""
        self.count = 0

    async def too_many(self, what: str) -> None:
        """Never returns. Raises GaveUpError, which names ``what`` could not be reached."""
        await self._spent.wait()
        raise GaveUpError(f"{what} could not be reached in {self._max_tries} tries")
