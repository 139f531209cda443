"""The durable consumers that the nodes of a pool share. A node creates what is missing; streams are the gateway's."""

from __future__ import annotations

import structlog

from node.infrastructure.nats_publisher import BusAwayError, Publisher, RefusedError
from schemas import names
from schemas.status import Priority
from schemas.topology import create_consumer_request, task_consumer


class Consumers:
    """``ack_wait_s`` must be the same on all nodes of a pool."""

    def __init__(self, publisher: Publisher, ack_wait_s: float) -> None:
        self._publisher = publisher
        self._ack_wait_s = ack_wait_s
        self._there: set[tuple[str, Priority]] = set()
        self._log = structlog.get_logger("node.source")

    async def ensured(self, pool: str, priority: Priority) -> bool:
        """True once the consumer is known to exist; asks the server only where that is in doubt."""
        if (pool, priority) in self._there:
            return True
        config = task_consumer(pool, priority) | {"ack_wait": int(self._ack_wait_s * 1e9)}
        subject, body = create_consumer_request(names.STREAM_TASKS, config)
        try:
            await self._publisher.request(subject, body)
        except (BusAwayError, TimeoutError, RefusedError) as error:
            self._log.warning("no consumer yet", pool=pool, priority=priority.value, error=str(error))
            return False
        self._there.add((pool, priority))
        return True

    def doubt(self, pool: str, priority: Priority) -> None:
        self._there.discard((pool, priority))
