"""The durable consumers that the nodes of a pool share. A node creates what is missing; streams are the gateway's."""

from __future__ import annotations

import asyncio

import structlog

from chassis.backoff import Backoff, Failures
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from node.infrastructure.bus.pull import Queue
from schemas import names
from schemas.topology import JsonObject, create_consumer_request, task_consumer

_ASK_AGAIN = Backoff(base_s=1.0, max_s=8.0)


class Consumers:
    """The knowledge of the queues' consumers: there, in doubt, or being asked for."""

    def __init__(self, bus: BusConnection, ack_wait_s: float, node_id: str) -> None:
        """``ack_wait_s`` must be the same on all nodes of a pool."""
        self._bus = bus
        self._node_id = node_id
        self.ack_wait_s = ack_wait_s
        self._there: set[Queue] = set()
        self._asking: set[Queue] = set()
        self._failures: dict[Queue, Failures] = {}
        self._ask_again_at: dict[Queue, float] = {}
        self._log = structlog.get_logger(__name__)

    def in_doubt(self, queue: Queue, now: float) -> bool:
        """True where it is time to ask for it. ``now``: the loop's time."""
        settled = queue in self._there or queue in self._asking
        return not settled and now >= self._ask_again_at.get(queue, 0.0)

    async def ensured(self, queue: Queue) -> bool:
        """True once the consumer is known to exist, as ours is to be."""
        config = task_consumer(queue.pool, queue.priority) | {"ack_wait": int(self.ack_wait_s * 1e9)}
        self._asking.add(queue)
        try:
            await self._ensure(config)
        except BusUnavailableError as error:
            self._log.warning("no_consumer_yet", pool=queue.pool, priority=queue.priority.value, error=str(error))
            self._ask_again_at[queue] = asyncio.get_running_loop().time() + self._failing(queue).next_s()
            return False
        finally:
            self._asking.discard(queue)
        self._failures.pop(queue, None)
        self._there.add(queue)
        return True

    def doubt(self, queue: Queue) -> None:
        """Has the queue's consumer ensured again before it is next asked."""
        self._there.discard(queue)

    async def _ensure(self, config: JsonObject) -> None:
        """Writes nothing where there is nothing to write: a server syncs its disk for each declaration, even of what is
        there already, and a thousand nodes that come at once would keep it busy for minutes."""
        found = await self._find(config) or (None if await self._create(config) else await self._find(config))
        if found is not None and any(found.get(option) != value for option, value in config.items()):
            await self._declare(config)

    async def _find(self, config: JsonObject) -> JsonObject | None:
        try:
            answer = await jetstream.call(self._bus, f"CONSUMER.INFO.{names.STREAM_TASKS}.{config['durable_name']}")
        except jetstream.JetStreamError as error:
            if error.err_code != jetstream.CONSUMER_NOT_FOUND:
                raise
            return None
        found: JsonObject = answer["config"]
        return found

    async def _create(self, config: JsonObject) -> bool:
        """False where another node was faster. Our mark makes what it made different, so that it stays as it is."""
        marked = config | {"metadata": {"made_by": self._node_id}}
        try:
            await self._declare(marked, action="create")
        except jetstream.JetStreamError as error:
            if error.err_code != jetstream.CONSUMER_EXISTS:
                raise
            return False
        return True

    async def _declare(self, config: JsonObject, *, action: str = "") -> None:
        await jetstream.call_raw(self._bus, *create_consumer_request(names.STREAM_TASKS, config, action=action))

    def _failing(self, queue: Queue) -> Failures:
        return self._failures.setdefault(queue, Failures(_ASK_AGAIN))
