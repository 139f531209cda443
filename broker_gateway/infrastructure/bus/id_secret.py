"""The secret behind the ids of tasks with idempotency keys: made by the first gateway, kept on the stream SECRETS."""

from __future__ import annotations

import secrets

from chassis.errors import BusAwayError, BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names

SECRET_BYTES = 32


class BusIdSecret:
    """Implements ``IdSecret``. Known from the first connection on; a bus that has lost it is given the same one
    again."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus
        self._secret: bytes | None = None

    def current(self) -> bytes:
        if self._secret is None:
            raise BusAwayError("the secret of task ids is not known yet: the bus was never there")
        return self._secret

    async def learn(self) -> None:
        """Reads the secret, or stores one where there is none: whoever is first has made it. Raises
        BusUnavailableError."""
        for _ in range(2):
            found = await jetstream.last_message(self._bus, names.STREAM_SECRETS, names.ID_SECRET)
            if found is not None:
                self._secret = found.payload
                return
            await self._offer(self._secret or secrets.token_bytes(SECRET_BYTES))
        raise BusUnavailableError("the secret of task ids was stored and is not there")

    async def _offer(self, secret: bytes) -> None:
        headers = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
        try:
            await jetstream.store(self._bus, names.ID_SECRET, secret, headers)
        except jetstream.JetStreamError as error:
            if not jetstream.is_taken(error):
                raise
