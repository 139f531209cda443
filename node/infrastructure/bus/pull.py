"""Pull requests on one queue: one that never waits, and one that waits with our load as its priority (ADR 0001)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.nats.acks import is_delivered
from chassis.nats.connection import CurrentClient
from node.infrastructure.bus.inbox import Inbox
from schemas import names
from schemas.lanes import FIRST
from schemas.status import Priority

WAIT_SHARE = 0.6
"""How long a waiting pull stays with the server, as a share of the ack wait. It keeps the priority it was sent with, so
it is short. And a node that falls silent with its connection open must not be given its own tasks again: they come back
when two thirds of the ack wait have gone by, or later, so its pull has to be over by then."""
REFRESH_S = 0.1
"""After this it is looked again whether a pull that waits with a priority which is not ours any more still does."""
PASSING_S = 0.08
"""A pull is sent again for a new priority once that has been ours for this long: on a node of few task loops the load
changes with every short task that comes, and back when it goes."""
HEARTBEAT_S = 0.9
"""So often the server says of a waiting pull that it is still there. It allows at most half of the pull's time."""
SILENCE_S = 2.0
"""A waiting pull of which nothing was heard for so long is lost: its queue's leader died, or cannot reach us."""
NOW_S = 2.0
BROKEN_S = 0.5
"""Pause after an answer that says that the consumer is not as it should be."""
LATE = "late"
"""In place of a status, where no answer came in time."""
STILL_THERE = "100"
NOTHING_THERE = "404"
SERVED_OUT = frozenset({NOTHING_THERE, "408"})
"""No messages; the time is over. Anything else is trouble."""

OnTask = Callable[[Msg], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Queue:
    """One lane of the queue of one pool and priority, as pull requests name it."""

    pool: str
    priority: Priority
    lane: int = FIRST

    @property
    def next_subject(self) -> str:
        consumer = names.queue_consumer(self.pool, self.priority, self.lane)
        return f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_TASKS}.{consumer}"

    def of_lane(self, lane: int) -> Queue:
        """Another lane of the same queue."""
        return Queue(self.pool, self.priority, lane)


def now_request(batch: int, decile: int) -> bytes:
    """The body of a request that is answered at once, with what is there."""
    return b'{"batch":%d,"no_wait":true,"group":"%b","priority":%d}' % (batch, names.LOAD_GROUP.encode(), decile)


def wait_request(batch: int, decile: int, wait_s: float) -> bytes:
    """The body of a request that stays with the server for up to ``wait_s`` seconds."""
    expires, heartbeat = int(wait_s * 1e9), int(min(HEARTBEAT_S, 0.4 * wait_s) * 1e9)
    group = names.LOAD_GROUP.encode()
    body = b'{"batch":%d,"expires":%d,"idle_heartbeat":%d,"group":"%b","priority":%d}'
    return body % (batch, expires, heartbeat, group, decile)


def status_of(message: Msg) -> str:
    """The status that the server answers a pull request with; empty for a task."""
    return str((message.headers or {}).get("Status", ""))


class NowPuller:
    """A puller that asks one queue after the other for what is there already. One request at a time."""

    def __init__(self, current: CurrentClient, on_task: OnTask) -> None:
        self._current = current
        self._client: Client | None = None
        """Whose inbox it is."""
        self._on_task = on_task
        self._inbox = ""
        self._number = 0
        self._missing = 0
        self._over: asyncio.Future[str] | None = None

    async def pull(self, queue: Queue, batch: int, decile: int) -> tuple[int, str]:
        """Asks for up to ``batch`` tasks, each of which goes to ``on_task``. Returns how many came, and the status that
        ended it: empty where all came, LATE where no answer did."""
        client = self._current()
        if client is not self._client:
            self._client = client
            self._inbox = client.new_inbox()
            await client.subscribe(f"{self._inbox}.*", cb=self._message)
        self._number += 1
        self._missing = batch
        self._over = over = asyncio.get_running_loop().create_future()
        late = asyncio.get_running_loop().call_later(NOW_S, self._end, over, LATE)
        try:
            reply = f"{self._inbox}.{self._number}"
            await client.publish(queue.next_subject, now_request(batch, decile), reply=reply)
            status = await over
        finally:
            late.cancel()
        return batch - self._missing, status

    def forget(self) -> None:
        """The server forgot the question that is under way: a new connection. It ends as one of an empty queue."""
        if self._over is not None:
            self._end(self._over, NOTHING_THERE)

    async def _message(self, message: Msg) -> None:
        if is_delivered(message):
            self._missing -= 1
            await self._on_task(message)
            if self._missing <= 0 and self._over is not None:
                self._end(self._over, "")
        elif message.subject.endswith(f".{self._number}") and self._over is not None:
            self._end(self._over, status_of(message))

    @staticmethod
    def _end(over: asyncio.Future[str], status: str) -> None:
        if not over.done():
            over.set_result(status)


class WaitingPull:
    """A queue's waiting pull request, at most one: the server answers it with what comes next. When it is withdrawn,
    nothing is lost: what is on its way at that moment still reaches ``on_task``."""

    def __init__(
        self,
        current: CurrentClient,
        queue: Queue,
        wait_s: Callable[[], float],
        on_task: OnTask,
        on_over: Callable[[str], None],
    ) -> None:
        """``wait_s``: how long a request stays with the server."""
        self.queue = queue
        self._current = current
        self._wait_s = wait_s
        self._on_task = on_task
        self._on_over = on_over
        self._inbox = Inbox(current, self._message)
        self._number = 0
        self._lost_at = 0.0
        self._other_since = math.inf
        """Since when its priority is not ours any more."""
        self.credit = 0
        self.decile = -1
        self.broken_until = 0.0
        self.in_trouble = False
        self.losses = 0
        """Requests that the server lost without a word."""

    @property
    def armed(self) -> bool:
        return self._inbox.is_open

    def usable(self, now: float) -> bool:
        return now >= self.broken_until

    def needs_request(self, now: float, decile: int) -> bool:
        self._other_since = min(self._other_since, now) if self.is_outdated(decile) else math.inf
        return self.credit <= 0 or self.is_lost(now) or now - self._other_since >= PASSING_S

    def is_lost(self, now: float) -> bool:
        return self.credit > 0 and now >= self._lost_at

    def next_look_s(self, now: float) -> float:
        """Seconds until silence means that it is lost, or until trouble is over; endless where neither can be."""
        at = self._lost_at if self.credit > 0 else self.broken_until
        return at - now if at > now else math.inf

    def is_outdated(self, decile: int) -> bool:
        """True if it waits with a priority that is not ours any more."""
        return self.credit > 0 and self.decile != decile

    async def request(self, batch: int, decile: int) -> None:
        """Sends a new pull request and withdraws the one that waits."""
        now = asyncio.get_running_loop().time()
        if self.credit > 0:
            self.losses += self.is_lost(now)
            await self.withdraw()
        if not self.armed:
            await self._inbox.open()
        self._number += 1
        self.credit = batch
        self.decile = decile
        self._lost_at = now + SILENCE_S
        self._other_since = math.inf
        reply = f"{self._inbox.name}.{self._number}"
        await self._current().publish(self.queue.next_subject, wait_request(batch, decile, self._wait_s()), reply=reply)

    def forget(self) -> None:
        """The server forgot us: a new connection."""
        self.credit = 0

    async def withdraw(self) -> None:
        """Withdraws it: the server drops a request when nobody listens for its answer."""
        self.credit = 0
        await self._inbox.shut()

    async def close(self) -> None:
        """As ``withdraw``; returns when nothing can arrive any more."""
        self.credit = 0
        await self._inbox.close()

    async def _message(self, message: Msg) -> None:
        if is_delivered(message):
            self.credit -= 1
            self._heard()
            await self._on_task(message)
        elif message.subject == f"{self._inbox.name}.{self._number}":
            self._told(status_of(message))

    def _told(self, status: str) -> None:
        if status == STILL_THERE:
            self._heard()
        else:
            self.credit = 0
            self._on_over(status)

    def _heard(self) -> None:
        self.in_trouble = False
        self._lost_at = asyncio.get_running_loop().time() + SILENCE_S
