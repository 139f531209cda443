"""The durable consumers that the nodes of a pool share. The gateways make them; a node waits for those of its pools."""

from __future__ import annotations

import asyncio

import structlog

from chassis.backoff import Backoff, Failures
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from node.infrastructure.bus.pull import Queue
from schemas import names

_ASK_AGAIN = Backoff(base_s=0.1, max_s=2.0)
"""A gateway makes a consumer once it sees the node, or a task for its pool."""
UNKNOWN_ACK_WAIT_S = 0.9
"""Taken for the ack wait until a consumer has told it: shorter than any that a gateway is likely to set."""
_NANOSECONDS = 1_000_000_000


class Consumers:
    """The knowledge of the queues' consumers: there, in doubt, or being asked for."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus
        self._ack_waits_s: dict[Queue, float] = {}
        self._there: set[Queue] = set()
        self._asking: set[Queue] = set()
        self._failures: dict[Queue, Failures] = {}
        self._ask_again_at: dict[Queue, float] = {}
        self._log = structlog.get_logger(__name__)

    @property
    def ack_wait_s(self) -> float:
        """The gateways' setting: a node that is silent for so long loses its task to another."""
        return min(self._ack_waits_s.values(), default=UNKNOWN_ACK_WAIT_S)

    def in_doubt(self, queue: Queue, now: float) -> bool:
        """True where it is time to ask for it. ``now``: the loop's time."""
        settled = queue in self._there or queue in self._asking
        return not settled and now >= self._ask_again_at.get(queue, 0.0)

    async def found(self, queue: Queue) -> bool:
        """True once the consumer is known to exist."""
        name = names.queue_consumer(queue.pool, queue.priority)
        self._asking.add(queue)
        try:
            answer = await jetstream.call(self._bus, f"CONSUMER.INFO.{names.STREAM_TASKS}.{name}")
        except BusUnavailableError as error:
            self._not_there(queue, error)
            return False
        finally:
            self._asking.discard(queue)
        self._ack_waits_s[queue] = answer["config"]["ack_wait"] / _NANOSECONDS
        self._failures.pop(queue, None)
        self._there.add(queue)
        return True

    def doubt(self, queue: Queue) -> None:
        """Has the queue's consumer looked for again before it is next asked."""
        self._there.discard(queue)

    def _not_there(self, queue: Queue, error: BusUnavailableError) -> None:
        failures = self._failures.setdefault(queue, Failures(_ASK_AGAIN))
        if failures.count == 0:
            self._log.info("no_consumer_yet", pool=queue.pool, priority=queue.priority.value, error=str(error))
        self._ask_again_at[queue] = asyncio.get_running_loop().time() + failures.next_s()
