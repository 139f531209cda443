"""The publisher of all that leaves this node for the bus, in order; and of stores that are tried until a stream has
confirmed."""

from __future__ import annotations

from collections.abc import Mapping

from chassis.backoff import Backoff
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection

STORE_FOR_S = 60.0
"""For so long is a store tried; after that the task comes again from its queue."""
_BETWEEN_TRIES = Backoff(base_s=0.1, max_s=5.0)


class Publisher:
    """The outgoing half of the node's connection."""

    def __init__(self, bus: BusConnection) -> None:
        self.bus = bus

    @property
    def max_bytes(self) -> int:
        """The largest payload that the bus takes."""
        return self.bus.max_bytes

    def post(self, subject: str, payload: bytes) -> None:
        """Fire and forget; leaves before anything that is sent or stored later."""
        self.bus.post(subject, payload)

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
        """Stores a message: returns once a stream has it, and tries again for STORE_FOR_S while none answers. Raises
        BusUnavailableError, and JetStreamError at once where the stream says no."""
        try:
            await jetstream.store(self.bus, subject, payload, headers)
        except Exception as error:
            if not jetstream.is_away(error):
                raise
            async for attempt in _BETWEEN_TRIES.retrying(on=jetstream.is_away, within_s=STORE_FOR_S):
                with attempt:
                    await jetstream.store(self.bus, subject, payload, headers)
