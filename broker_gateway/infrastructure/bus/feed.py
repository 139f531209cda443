"""The feeds of one task's live messages, from core subscriptions (docs/adr/0005-feeds-listen-to-stored-results.md)."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from broker_gateway.application.ports import Feed
from broker_gateway.infrastructure.bus.bound import UNBOUND, BoundMessages
from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.execution import Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.reader import Reader

log = structlog.get_logger(__name__)

Live = Execution | OutputChunk | ResultMessage

MAX_PENDING = 8192
"""Messages that a watcher may be behind; what comes then is dropped. The result can always be looked up."""

_events = Reader(TaskEvent)
_chunks = Reader(OutputChunk)


class _Gaps:
    """The times at which a client's subscriptions heard nothing."""

    def __init__(self, bus: BusConnection, client: Client) -> None:
        self._bus = bus
        self._client = client
        self._connected = bus.times_connected

    def any(self) -> bool:
        """True where there was one since this was last asked; for ever where the client is out of use."""
        before, self._connected = self._connected, self._bus.times_connected
        return before != self._connected or not self._bus.connected() or self._bus.current is not self._client


class BusFeed:
    """Implements ``Feed`` for everything that is told of a task."""

    def __init__(self, bus: BusConnection, client: Client, bound: BoundMessages = UNBOUND) -> None:
        self._bus = bus
        self._bound = bound
        self._client = client
        self._gaps = _Gaps(bus, client)
        self._dropped = False
        """A message was: too many waited, or it was not understood."""
        self._subscriptions: list[Subscription] = []
        self._messages: asyncio.Queue[Msg] = asyncio.Queue(MAX_PENDING)

    async def listen(self, subject: str) -> None:
        """Subscribes to one more subject. All subscriptions fill one queue: with one each, output could be overtaken by
        the result."""
        subscription = await self._client.subscribe(subject, pending_bytes_limit=0)
        subscription._pending_queue = self._messages  # no public way; set before anything can arrive
        self._subscriptions.append(subscription)

    async def listen_to(self, task_id: str) -> None:
        """Subscribes to all that is told of a task while it waits and runs."""
        await self.listen(names.events_of(task_id))
        await self.listen(names.output_subject(task_id))

    async def also(self, task_id: str) -> None:
        try:
            await self.listen_to(task_id)
            await self._bus.settle(self._client)
        except (TimeoutError, nats.errors.Error, OSError) as error:
            raise BusUnavailableError(f"cannot listen to {task_id}: {error!r}") from error

    async def next(self, timeout_s: float) -> Live | None:
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    self._dropped = self._dropped or self._messages.full()
                    live = _decode(await self._messages.get(), self._bound)
                    if live is not None:
                        return live
                    self._dropped = True
        except TimeoutError:
            return None

    def has_gap(self) -> bool:
        dropped, self._dropped = self._dropped, False
        return self._gaps.any() or dropped

    async def close(self) -> None:
        for subscription in self._subscriptions:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()
        self._subscriptions.clear()


class ResultFeed:
    """Implements ``Feed`` for one message, the result. Every call that waits has one, so it costs little."""

    def __init__(self, bus: BusConnection, client: Client, bound: BoundMessages = UNBOUND) -> None:
        self._client = client
        self._bound = bound
        self._gaps = _Gaps(bus, client)
        self._message: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._subscription: Subscription | None = None
        self._taken = False

    async def listen(self, subject: str) -> None:
        """Subscribes to the subject, for one message: the server itself ends the subscription after it."""
        self._subscription = await self._client.subscribe(subject, future=self._message)
        await self._subscription.unsubscribe(limit=1)

    async def also(self, task_id: str) -> None:
        """Nothing: it tells of one result."""

    async def next(self, timeout_s: float) -> Live | None:
        if self._taken:
            await asyncio.sleep(timeout_s)  # it was not understood, and nothing else will come
            return None
        return self._take(self._message.result()) if await _comes(self._message, timeout_s) else None

    def has_gap(self) -> bool:
        return self._taken or self._gaps.any()

    async def close(self) -> None:
        if self._subscription is not None and not self._message.done():
            with contextlib.suppress(nats.errors.Error, OSError):
                await self._subscription.unsubscribe()

    def _take(self, message: Msg) -> Live | None:
        self._taken = True
        return _decode(message, self._bound)


async def _comes(message: asyncio.Future[Msg], timeout_s: float) -> bool:
    """True once the message is there, false after the time-out: ``asyncio.wait`` at a fraction of its cost."""
    if message.done():
        return True
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake(_message: asyncio.Future[Msg] | None = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    message.add_done_callback(wake)
    late = loop.call_later(timeout_s, wake)
    try:
        await waiter
    finally:
        late.cancel()
        message.remove_done_callback(wake)
    return message.done()


class BusLiveFeed:
    """Implements ``LiveFeed``. Results come from the stream's own announcement, made once it has stored them, so
    a second node's late result is never seen here."""

    def __init__(self, bus: BusConnection, bound: BoundMessages = UNBOUND) -> None:
        self._bus = bus
        self._bound = bound

    async def open(self, task_id: str, *, results_only: bool = False) -> Feed:
        """A feed that is subscribed. With ``results_only`` there is no round trip: the subscription precedes whatever
        is sent next on this connection, which is all that submit-and-wait needs."""
        client = await self._bus.client()
        feed = ResultFeed(self._bus, client, self._bound) if results_only else BusFeed(self._bus, client, self._bound)
        try:
            if isinstance(feed, BusFeed):
                await feed.listen_to(task_id)
            await feed.listen(topology.stored_result_subject(task_id))
            if not results_only:
                await self._bus.settle(client)
        except (TimeoutError, nats.errors.Error, OSError) as error:
            await feed.close()
            raise BusUnavailableError(f"cannot listen to {task_id}: {error!r}") from error
        return feed


def _decode(message: Msg, bound: BoundMessages) -> Live | None:
    kind = message.subject.split(".", 3)[2]
    try:
        if kind == "output":
            return _chunks.decode(message.data)
        if kind == "event":
            return Execution.told_by(_events.decode(message.data)) if names.is_of_state(message.subject) else None
        return bound.result(message.data, message.subject, reader="feed")
    except msgspec.DecodeError as error:
        log.warning("message_not_understood", subject=message.subject, error=str(error))
        return None
