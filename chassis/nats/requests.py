"""The requests under way on one connection: one reply inbox for all, and none that waits for an answer which can no
longer come."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.nats.gathering import Gathering
from chassis.nats.statuses import NO_RESPONDERS, status_of


class ConnectionLostError(nats.errors.Error):
    """The connection went while the answer was awaited. The request may or may not have been served."""


@dataclass(frozen=True, slots=True)
class _Request:
    """One request, as the client library takes it, and who waits for its answer."""

    client: Client
    subject: str
    payload: bytes
    reply_to: str
    headers: dict[str, str] | None
    answer: asyncio.Future[Msg]

    async def leave(self) -> None:
        await self.client.publish(self.subject, self.payload, reply=self.reply_to, headers=self.headers)


class Requests:
    """The requests of one connection. nats-py's own cost twice as much, and wait out their whole time-out when the
    connection is lost; these end with it. Under load they are held back for each other (``Gathering``)."""

    def __init__(self, gather_s: float = 0.0) -> None:
        """``gather_s``: how long one may be held back at most."""
        self._gathering = Gathering(gather_s)
        self._held: list[_Request] = []
        self._leaving: set[asyncio.Task[None]] = set()
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
            request = _Request(client, subject, payload, reply_to, dict(headers) if headers else None, future)
            self._gathering.asked(time.monotonic())
            if self._gathering.is_on or self._held:
                self._hold(request)
            else:
                await request.leave()
            reply = await future
        finally:
            late.cancel()
            del self._waiting[number]
        if not reply.data and status_of(reply) == NO_RESPONDERS:
            raise nats.errors.NoRespondersError
        return reply

    def _hold(self, request: _Request) -> None:
        self._held.append(request)
        if len(self._held) == 1:
            asyncio.get_running_loop().call_later(self._gathering.window_s, self._let_go)

    def _let_go(self) -> None:
        leaving = asyncio.create_task(self._leave())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _leave(self) -> None:
        """In their order; what nobody waits for any more stays. What the library refuses is its caller's error."""
        held, self._held = self._held, []
        for request in held:
            if request.answer.done():
                continue
            try:
                await request.leave()
            except (nats.errors.Error, OSError) as error:
                if not request.answer.done():
                    request.answer.set_exception(error)

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
