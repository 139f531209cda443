"""The publisher of all that leaves this node for the bus, in order; and of stores that are tried until a stream has
confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from chassis.backoff import Backoff
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection

STUCK_AFTER_S = 1.0
"""A store that is not confirmed for so long keeps the node from taking more."""
_BETWEEN_TRIES = Backoff(base_s=0.1, max_s=5.0)

_log = structlog.get_logger(__name__)


class Publisher:
    """The outgoing half of the node's connection."""

    def __init__(self, bus: BusConnection) -> None:
        self.bus = bus
        self._failing: dict[object, float] = {}
        """When each store that has failed so far was first tried, by the loop's clock."""

    @property
    def stuck(self) -> bool:
        """True while something cannot be stored: what the node took now, it could not finish either."""
        if not self._failing:
            return False
        return min(self._failing.values()) + STUCK_AFTER_S <= asyncio.get_running_loop().time()

    @property
    def max_bytes(self) -> int:
        """The largest payload that the bus takes."""
        return self.bus.max_bytes

    def post(self, subject: str, payload: bytes, after_s: float = 0.0) -> None:
        """Fire and forget; leaves before anything that is sent or stored later, and within ``after_s``."""
        self.bus.post(subject, payload, after_s)

    async def send(self, subject: str, payload: bytes) -> None:
        """Puts a message into the client's buffer, after all that was posted. A bus that is away for too long loses it,
        which is logged: every message sent this way may be lost."""
        await self.bus.send(subject, payload)

    async def confirmed(self, subject: str, payload: bytes, within_s: float) -> bool:
        """Sends a message whose arrival the server confirms. False where it does not in this time."""
        try:
            await self.bus.request(subject, payload, timeout_s=within_s)
        except BusUnavailableError:
            return False
        return True

    async def store(self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Stores a message: returns once a stream has it, and tries for as long as none answers or has room for it.
        Raises JetStreamError at once where the stream says no."""
        began = asyncio.get_running_loop().time()
        try:
            await jetstream.store(self.bus, subject, payload, headers)
        except BusUnavailableError as error:
            if not _may_work_later(error):
                raise
            await self._store_patiently(subject, payload, headers, began)

    async def _store_patiently(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None, began: float
    ) -> None:
        ticket = object()
        self._failing[ticket] = began
        _log.warning("store_waits", subject=subject)
        try:
            async for attempt in _BETWEEN_TRIES.retrying(on=_may_work_later):
                with attempt:
                    await jetstream.store(self.bus, subject, payload, headers)
        finally:
            del self._failing[ticket]


def _may_work_later(error: Exception) -> bool:
    return jetstream.is_away(error) or jetstream.is_full(error)
