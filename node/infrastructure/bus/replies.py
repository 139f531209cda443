"""Requests under way: one inbox for all of them. nats-py's own requests cost twice as much."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping

from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg

_NO_RESPONDERS = "503"


class Replies:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._numbers = itertools.count()
        self._prefix = ""
        self._waiting: dict[str, asyncio.Future[Msg]] = {}

    async def ask(self, subject: str, payload: bytes, timeout_s: float, headers: Mapping[str, str] | None) -> Msg:
        """Raises TimeoutError, nats.errors.Error and its kinds, OSError."""
        if not self._prefix:
            self._prefix = self._client.new_inbox()
            await self._client.subscribe(f"{self._prefix}.*", cb=self._on_reply)  # renewed with each reconnection
        number = str(next(self._numbers))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Msg] = loop.create_future()
        self._waiting[number] = future
        late = loop.call_later(timeout_s, _too_late, future, subject)
        try:
            reply_to = f"{self._prefix}.{number}"
            await self._client.publish(subject, payload, reply=reply_to, headers=dict(headers) if headers else None)
            reply = await future
        finally:
            late.cancel()
            del self._waiting[number]
        if not reply.data and (reply.headers or {}).get("Status") == _NO_RESPONDERS:
            raise errors.NoRespondersError
        return reply

    async def _on_reply(self, reply: Msg) -> None:
        future = self._waiting.get(reply.subject.rpartition(".")[2])
        if future is not None and not future.done():
            future.set_result(reply)


def _too_late(future: asyncio.Future[Msg], subject: str) -> None:
    if not future.done():
        future.set_exception(TimeoutError(f"no answer on {subject}"))
