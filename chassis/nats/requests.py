"""The requests under way on one connection: one reply inbox for all, and none that waits for an answer which can no
longer come."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

_NO_RESPONDERS = "503"


class ConnectionLostError(nats.errors.Error):
    """The connection went while the answer was awaited. The request may or may not have been served."""


class Requests:
    """The requests of one connection. nats-py's own cost twice as much, and wait out their whole time-out when the
    connection is lost; these end with it."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._prefix = ""
        self._waiting: dict[str, asyncio.Future[Msg]] = {}

    async def open(self, client: Client) -> None:
        """Subscribes to a new inbox; once per client, which renews the subscription after a reconnection."""
        self._prefix = client.new_inbox()
        await client.subscribe(f"{self._prefix}.*", cb=self._on_reply)

    async def ask(
        self, client: Client, subject: str, payload: bytes, timeout_s: float, headers: Mapping[str, str] | None
    ) -> Msg:
        """The answer to one request. Raises nats.errors.Error and its kinds, TimeoutError."""
        number = str(next(self._numbers))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Msg] = loop.create_future()
        self._waiting[number] = future
        late = loop.call_later(timeout_s, _too_late, future, subject)  # a tenth of what asyncio.timeout costs
        try:
            reply_to = f"{self._prefix}.{number}"
            await client.publish(subject, payload, reply=reply_to, headers=dict(headers) if headers else None)
            reply = await future
        finally:
            late.cancel()
            del self._waiting[number]
        if not reply.data and (reply.headers or {}).get("Status") == _NO_RESPONDERS:
            raise nats.errors.NoRespondersError
        return reply

    def fail(self) -> None:
        """Ends every request under way: the connection is gone."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionLostError("the connection was lost"))

    async def _on_reply(self, reply: Msg) -> None:
        future = self._waiting.get(reply.subject.rpartition(".")[2])
        if future is not None and not future.done():
            future.set_result(reply)


def _too_late(future: asyncio.Future[Msg], subject: str) -> None:
    if not future.done():
        future.set_exception(TimeoutError(f"no answer on {subject}"))
