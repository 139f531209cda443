"""The durable consumers that the nodes of a pool share. A node creates what is missing; streams are the gateway's."""

from __future__ import annotations

import asyncio
import random

import structlog

from node.infrastructure.bus.publisher import BusAwayError, Publisher, RefusedError
from node.infrastructure.bus.pull import Queue
from schemas import names
from schemas.topology import JsonObject, create_consumer_request, task_consumer

ASK_AGAIN_S = 1.0
ASK_AGAIN_MOST_S = 8.0
_NOT_FOUND = 10014
_EXISTS_ALREADY = 10148
"""The server's error codes."""


class Consumers:
    """``ack_wait_s`` must be the same on all nodes of a pool."""

    def __init__(self, publisher: Publisher, ack_wait_s: float, node_id: str) -> None:
        self._publisher = publisher
        self._node_id = node_id
        self.ack_wait_s = ack_wait_s
        self._there: set[Queue] = set()
        self._asking: set[Queue] = set()
        self._failures: dict[Queue, int] = {}
        self._ask_again_at: dict[Queue, float] = {}
        self._log = structlog.get_logger("node.source")

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
        except (BusAwayError, TimeoutError, RefusedError) as error:
            self._log.warning("no consumer yet", pool=queue.pool, priority=queue.priority.value, error=str(error))
            self._ask_again_at[queue] = asyncio.get_running_loop().time() + self._pause_s(queue)
            return False
        finally:
            self._asking.discard(queue)
        self._failures.pop(queue, None)
        self._there.add(queue)
        return True

    def doubt(self, queue: Queue) -> None:
        self._there.discard(queue)

    async def _ensure(self, config: JsonObject) -> None:
        """Writes nothing where there is nothing to write: a server syncs its disk for each declaration, even of what is
        there already, and a thousand nodes that come at once would keep it busy for minutes."""
        found = await self._find(config) or (None if await self._create(config) else await self._find(config))
        if found is not None and any(found.get(option) != value for option, value in config.items()):
            await self._publisher.request(*create_consumer_request(names.STREAM_TASKS, config))

    async def _find(self, config: JsonObject) -> JsonObject | None:
        subject = f"$JS.API.CONSUMER.INFO.{names.STREAM_TASKS}.{config['durable_name']}"
        try:
            found: JsonObject = (await self._publisher.request(subject, b""))["config"]
        except RefusedError as error:
            if error.code != _NOT_FOUND:
                raise
            return None
        return found

    async def _create(self, config: JsonObject) -> bool:
        """False where another node was faster. Our mark makes what it made different, so that it stays as it is."""
        marked = config | {"metadata": {"made_by": self._node_id}}
        try:
            await self._publisher.request(*create_consumer_request(names.STREAM_TASKS, marked, action="create"))
        except RefusedError as error:
            if error.code != _EXISTS_ALREADY:
                raise
            return False
        return True

    def _pause_s(self, queue: Queue) -> float:
        """Doubles with each failure in a row, and is shortened by up to one half at random."""
        failures = self._failures[queue] = self._failures.get(queue, 0) + 1
        pause = min(ASK_AGAIN_MOST_S, ASK_AGAIN_S * 2.0 ** min(failures - 1, 16))
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret
