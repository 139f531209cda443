"""The node's task source: pulls from the queues of its pools for as many task loops as are free (ADR 0001).

While loops are free and queues are not empty, it asks the queues one after the other, in the order of the pull plan,
for as many tasks as there are free loops. Once all are empty, one pull request waits on each queue with the node's load
as its priority, and the server gives the next task to the least loaded node. The moment the last free loop has its task
the requests that still wait are withdrawn; a task that was on its way by then is handed back at once. So no loop ever
holds two tasks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec
import structlog
from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.nats import acks
from chassis.nats.connection import BusConnection
from node.application.ports import Delivery
from node.domain.pull_plan import pull_plan
from node.infrastructure.bus.consumers import Consumers
from node.infrastructure.bus.delivery import NatsDelivery, decode_task
from node.infrastructure.bus.lanes import Lanes
from node.infrastructure.bus.malformed import bury_malformed
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.pull import (
    BROKEN_S,
    LATE,
    REFRESH_S,
    SERVED_OUT,
    WAIT_SHARE,
    NowPuller,
    Queue,
    WaitingPull,
)
from schemas.status import PRIORITIES_BY_URGENCY, Priority

TICK_S = 1.0
"""How often it is looked whether a waiting request is lost or carries an old priority."""
ENSURE_S = 0.2
"""How long consumers may take to be found before the others are asked without them."""
MAX_BATCH = 16
"""Of a waiting request: larger nodes leave something for others."""


class NatsTaskSource:
    """Implements ``TaskSource``."""

    def __init__(
        self,
        bus: BusConnection,
        publisher: Publisher,
        consumers: Consumers,
        *,
        pools: Sequence[str],
        node_id: str,
        decile: Callable[[], int],
    ) -> None:
        self._bus = bus
        self._publisher = publisher
        self._consumers = consumers
        self._node_id = node_id
        self._decile = decile
        self._pools = tuple(pools)
        self._waiting: deque[asyncio.Future[Delivery]] = deque()
        self._wake = asyncio.Event()
        self._pick = 1
        self._handed_back = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self._now = NowPuller(lambda: bus.current, self._arrived)
        self._subscribed: Client | None = None
        """The client on which the gateways' notices are heard."""
        self._queues = [self._waiting_pull(Queue(pool, p)) for p in PRIORITIES_BY_URGENCY for pool in self._pools]
        self._lanes = Lanes([pull.queue for pull in self._queues], self._wake.set)
        self._log = structlog.get_logger(__name__)
        bus.on_connect(self._reconnected)

    @property
    def handed_back(self) -> int:
        """Tasks that came when no task loop was free any more."""
        return self._handed_back

    @property
    def lost_pulls(self) -> int:
        """Requests that waited with the bus and that it lost without a word."""
        return sum(queue.losses for queue in self._queues)

    async def take(self) -> Delivery:
        """Cancelled in the instant in which a task arrived for it, it hands that task back."""
        taker: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        self._waiting.append(taker)
        self._wake.set()
        try:
            return await taker
        except asyncio.CancelledError:
            if taker.done() and not taker.cancelled():
                await taker.result().retry_in(0)
            elif taker in self._waiting:
                self._waiting.remove(taker)
                self._wake.set()
            raise

    async def run(self) -> None:
        """Asks for tasks until cancelled; what waits is withdrawn then, and what still arrives is handed back."""
        await self._bus.wait_connected()
        loop = asyncio.get_running_loop()
        try:
            while True:
                tick = loop.call_later(self._next_look_s(), self._wake.set)
                await self._wake.wait()
                tick.cancel()
                self._wake.clear()
                if self._bus.connected():
                    await self._careful_step()
        finally:
            await asyncio.gather(*(queue.close() for queue in self._queues))

    def _next_look_s(self) -> float:
        decile, now = self._decile(), asyncio.get_running_loop().time()
        if any(queue.is_outdated(decile) for queue in self._queues):
            return REFRESH_S
        return min(TICK_S, max(REFRESH_S, min(queue.next_look_s(now) for queue in self._queues)))

    async def _careful_step(self) -> None:
        """The bus may go away in the middle of a step; the next one, or the reconnection, makes good for it."""
        try:
            await self._step()
        except (errors.Error, OSError) as error:
            self._log.warning("pulling_interrupted", error=f"{type(error).__name__}: {error}")

    async def _step(self) -> None:
        if not self._waiting or self._publisher.stuck:
            for queue in self._queues:
                await queue.withdraw()
            return
        if not await self._all_there():
            return
        self._lanes.look(asyncio.get_running_loop().time())
        if self._lanes.told or not any(queue.armed for queue in self._queues):
            while self._waiting and await self._round():
                pass
        if self._waiting:
            await self._arm()

    async def _all_there(self) -> bool:
        """True where a queue can be asked. A consumer in doubt is looked for, but who keeps us waiting (its cluster
        elects a leader) must not keep the other queues waiting, nor this one: only its word may be
        missing."""
        now = asyncio.get_running_loop().time()
        in_doubt = [pull for pull in self._queues if self._consumers.in_doubt(pull.queue, now)]
        if in_doubt:
            asked = [self._background(self._find(pull)) for pull in in_doubt]
            await asyncio.wait(asked, timeout=ENSURE_S)
        now = asyncio.get_running_loop().time()
        return any(pull.usable(now) for pull in self._queues)

    async def _find(self, pull: WaitingPull) -> None:
        if await self._consumers.found(pull.queue):
            pull.broken_until = 0.0
            self._wake.set()

    def _background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _round(self) -> bool:
        """One round over the queues for all free task loops; True if there may be more."""
        before = self._pick
        empty: set[Queue] = set()
        free = len(self._waiting)  # a loop that comes free meanwhile is served in the next round
        for share in pull_plan(self._pick, free):
            left = min(share.max_tasks, free)
            for pull in self._of(share.priority):
                got = await self._ask_lanes(pull, left, empty)
                left, free = left - got, free - got
        return self._pick > before

    async def _ask_lanes(self, pull: WaitingPull, left: int, empty: set[Queue]) -> int:
        """Asks one lane of the queue after the other for up to ``left`` tasks. Returns how many came."""
        before = left
        for share in self._lanes.plan(pull.queue, left):
            lane = pull.queue.of_lane(share.lane)
            most = min(left, share.max_tasks, len(self._waiting))
            if most > 0 and lane not in empty:
                got = await self._ask(pull, lane, most)
                left -= got
                if got < most:  # never more: answers that an earlier question had missed come too
                    empty.add(lane)
        self._lanes.taken(pull.queue, before - left)
        return before - left

    async def _ask(self, pull: WaitingPull, lane: Queue, most: int) -> int:
        notice = self._lanes.notice_of(lane)
        got, status = await self._now.pull(lane, most, self._decile())
        self._pick += got
        if got < most:
            self._lanes.found_empty(lane, notice)
        if status == LATE:
            self._lanes.forget()
        if status and status not in SERVED_OUT and lane == pull.queue:
            self._trouble(pull, status)
        return got

    def _of(self, priority: Priority) -> list[WaitingPull]:
        """The queues of one priority; with several pools the first one changes, so that none is always last."""
        now = asyncio.get_running_loop().time()
        found = [pull for pull in self._queues if pull.queue.priority is priority and pull.usable(now)]
        first = self._pick % len(found) if found else 0
        return found[first:] + found[:first]

    async def _arm(self) -> None:
        """Leaves a pull request on each queue. Where there are loops enough, several tasks may come on one."""
        now = asyncio.get_running_loop().time()
        decile = self._decile()
        for queue in self._queues:
            if self._waiting and queue.usable(now) and queue.needs_request(now, decile):
                share = len(self._waiting) // len(self._queues)
                await queue.request(max(1, min(MAX_BATCH, share)), decile)

    async def _arrived(self, message: Msg) -> None:
        """One task: to the loop that waits longest, or back to the queue."""
        try:
            task = decode_task(message.data)
        except msgspec.MsgspecError as error:
            self._background(bury_malformed(self._publisher, message, self._node_id, str(error)))
            return
        delivery = NatsDelivery(self._publisher, message, task, self._node_id)
        while self._waiting:
            taker = self._waiting.popleft()
            if not taker.done():
                taker.set_result(delivery)
                self._wake.set()
                return
        self._handed_back += 1
        await self._publisher.send(message.reply, acks.negative(0))

    def _waiting_pull(self, queue: Queue) -> WaitingPull:
        def over(status: str) -> None:
            if status in SERVED_OUT:
                pull.in_trouble = False
            else:
                self._trouble(pull, status)
            self._wake.set()

        pull = WaitingPull(
            lambda: self._bus.current, queue, lambda: WAIT_SHARE * self._consumers.ack_wait_s, self._arrived, over
        )
        return pull

    def _trouble(self, pull: WaitingPull, status: str) -> None:
        """The consumer is gone, or does not take our request: it is looked for again after a pause."""
        if not pull.in_trouble:
            queue = pull.queue
            self._log.warning("queue_in_trouble", pool=queue.pool, priority=queue.priority.value, status=status)
        self._consumers.doubt(pull.queue)
        pull.in_trouble = True
        pull.broken_until = asyncio.get_running_loop().time() + BROKEN_S

    async def _reconnected(self) -> None:
        self._now.forget()
        for queue in self._queues:
            queue.forget()
            self._consumers.doubt(queue.queue)
        if self._subscribed is not self._bus.current:
            self._subscribed = self._bus.current
            await self._lanes.listen(self._subscribed)
        self._lanes.look_soon()
        self._wake.set()
