"""The durable consumers that the nodes of a pool share. A node creates what is missing; streams are the gateway's."""

from __future__ import annotations

import asyncio

import structlog

from node.infrastructure.nats_publisher import BusAwayError, Publisher, RefusedError
from node.infrastructure.nats_pull import Queue
from schemas import names
from schemas.topology import create_consumer_request, task_consumer

ASK_AGAIN_S = 1.0


class Consumers:
    """``ack_wait_s`` must be the same on all nodes of a pool."""

    def __init__(self, publisher: Publisher, ack_wait_s: float) -> None:
        self._publisher = publisher
        self.ack_wait_s = ack_wait_s
        self._there: set[Queue] = set()
        self._asking: set[Queue] = set()
        self._ask_again_at: dict[Queue, float] = {}
        self._log = structlog.get_logger("node.source")

    def in_doubt(self, queue: Queue, now: float) -> bool:
        """True where it is time to ask for it. ``now``: the loop's time."""
        settled = queue in self._there or queue in self._asking
        return not settled and now >= self._ask_again_at.get(queue, 0.0)

    async def ensured(self, queue: Queue) -> bool:
        """True once the consumer is known to exist. Asks the server; a consumer that is there stays as it is."""
        config = task_consumer(queue.pool, queue.priority) | {"ack_wait": int(self.ack_wait_s * 1e9)}
        subject, body = create_consumer_request(names.STREAM_TASKS, config)
        self._asking.add(queue)
        try:
            await self._publisher.request(subject, body)
        except (BusAwayError, TimeoutError, RefusedError) as error:
            self._log.warning("no consumer yet", pool=queue.pool, priority=queue.priority.value, error=str(error))
            self._ask_again_at[queue] = asyncio.get_running_loop().time() + ASK_AGAIN_S
            return False
        finally:
            self._asking.discard(queue)
        self._there.add(queue)
        return True

    def doubt(self, queue: Queue) -> None:
        self._there.discard(queue)
