"""Messages that nobody waits for, gathered so that many leave in one write."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

import nats.errors
import structlog
from nats.aio.client import Client

log = structlog.get_logger(__name__)

_MAX_POSTED = 65_536
_TELL_EVERY_S = 5.0


class Posts:
    """The outgoing messages of one connection that were posted and not yet given to the client library."""

    def __init__(self, client: Callable[[], Client], after_s: float) -> None:
        """``client``: the one in use. ``after_s``: how long a post may wait for others; 0: for this turn of the event
        loop only."""
        self._client = client
        self._after_s = after_s
        self._posted: deque[tuple[str, bytes]] = deque(maxlen=_MAX_POSTED)
        self._due = math.inf
        """When what was posted is handed over next, by the loop's clock; 0: in this turn of the loop."""
        self._timer: asyncio.Handle | None = None
        self._lost = 0
        """Since the last line about it."""
        self._tell_after = 0.0
        self._under_way: set[asyncio.Task[None]] = set()

    def add(self, subject: str, payload: bytes, after_s: float | None = None) -> None:
        """Fire and forget; leaves before whatever is handed over later. ``after_s``: how long this one may wait, where
        that is not as long as others."""
        self._posted.append((subject, payload))
        if after_s is None:
            after_s = self._after_s
        if self._due <= 0:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + after_s if after_s else 0.0
        if due < self._due:
            if self._timer is not None:
                self._timer.cancel()
            self._due = due
            self._timer = loop.call_later(after_s, self._start) if after_s else loop.call_soon(self._start)

    async def hand_over(self) -> None:
        """Gives everything posted to the client library, in order. What that refuses (its buffer for a bus that is away
        is full) is lost, and logged every few seconds."""
        lost, why = 0, ""
        while self._posted:
            subject, payload = self._posted.popleft()
            try:
                await self._client().publish(subject, payload)
            except (nats.errors.Error, OSError) as error:
                lost, why = lost + 1, f"{type(error).__name__} on {subject}"
        if lost:
            self._tell_loss(lost, why)

    async def close(self, within_s: float = 1.0) -> None:
        """Hands over what is left. Bounded in time; raises nothing."""
        last = self._hand_over_soon()  # a task: the library swallows a cancellation that meets it while it flushes
        await asyncio.wait([last], timeout=within_s)
        if not last.done():
            log.warning("bus_posts_lost", messages=len(self._posted), error="closing")
            self._posted.clear()

    def _hand_over_soon(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self.hand_over())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    def _tell_loss(self, lost: int, why: str) -> None:
        """One line for the first loss, then one for all of the next seconds: a flood must not flood the log too."""
        self._lost += lost
        now = asyncio.get_running_loop().time()
        if now >= self._tell_after:
            log.warning("bus_posts_lost", messages=self._lost, error=why)
            self._lost, self._tell_after = 0, now + _TELL_EVERY_S

    def _start(self) -> None:
        self._due, self._timer = math.inf, None
        if self._posted:
            self._hand_over_soon()

    def __bool__(self) -> bool:
        """True while something waits to be handed over."""
        return bool(self._posted)
