"""Results that one process of the blog was brought by a callback, told to the others: a reader's stream may be on any
of them."""

from __future__ import annotations

import ssl

import nats
from nats.aio.client import Client as Bus
from nats.aio.msg import Msg

from coderunner.backend import MemoryResults

SUBJECT = "blog.result"


class SharedResults(MemoryResults):
    """Implements ``Results`` on NATS: each process hears of every result, its own ones as well."""

    def __init__(self, url: str, authority: str = "") -> None:
        """``authority``: a PEM file, where the bus speaks TLS."""
        super().__init__()
        self._url = url
        self._trust = ssl.create_default_context(cafile=authority) if authority else None
        self._bus = Bus()

    async def open(self) -> None:
        """Connects, and listens; the connection is made anew whenever it is lost."""
        self._bus = await nats.connect(self._url, tls=self._trust, max_reconnect_attempts=-1)
        await self._bus.subscribe(f"{SUBJECT}.*", cb=self._heard)
        await self._bus.flush()

    async def close(self) -> None:
        """Disconnects."""
        await self._bus.close()

    async def put(self, task_id: str, body: bytes) -> None:
        """Returns when the bus has it: only then does the callback count as handled."""
        await self._bus.publish(f"{SUBJECT}.{task_id}", body)
        await self._bus.flush()

    async def _heard(self, message: Msg) -> None:
        self.arrived(message.subject.rpartition(".")[2], message.data)
