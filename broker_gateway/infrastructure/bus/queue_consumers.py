"""The durable consumers of the queues: the gateway makes them, since who may make a consumer may change one too."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

import structlog

from broker_gateway.infrastructure.bus import declare
from chassis.backoff import Failures
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.lanes import FIRST
from schemas.node import NodeRecord
from schemas.status import PRIORITIES_BY_URGENCY, Priority

log = structlog.get_logger(__name__)

Lane = tuple[str, Priority, int]
"""A pool, a priority, and which lane of their queue."""

LOOK_S = 2.0
"""So often it is looked whether the consumers of known pools are still there."""
MAX_POOLS = 1_000
"""For more the account has no consumers."""


class Nodes(Protocol):
    """Who is alive, and news of it."""

    def nodes(self) -> Iterable[NodeRecord]: ...

    async def changed(self) -> None:
        """Returns after the next change."""
        ...


class QueueConsumers:
    """The consumers of the queues that this gateway has seen: of pools that live nodes serve, and of those to which a
    task goes."""

    def __init__(self, bus: BusConnection, ack_wait_s: float = topology.TASK_ACK_WAIT_S) -> None:
        """``ack_wait_s``: a node that is silent for so long loses its task. The same in all gateways."""
        self._bus = bus
        self._ack_wait_s = ack_wait_s
        self._ours: set[Lane] = set()
        """Made, or found to be as ours are."""
        self._waiting: dict[Lane, int] = {}

    def lengths(self) -> Mapping[tuple[str, Priority], int]:
        """How many tasks wait in each queue that live nodes serve, or in which some were waiting; as last looked."""
        lengths: Counter[tuple[str, Priority]] = Counter()
        for (pool, priority, _), waiting in self._waiting.items():
            lengths[pool, priority] += waiting
        return lengths

    async def look(self, lane: Lane, *, make: bool = True) -> tuple[int, int] | None:
        """How many tasks wait in the lane, and the sequence up to which they were taken. Its consumer is made where it
        is missing; without ``make``, None is returned then. Raises BusUnavailableError."""
        pool, priority, number = lane
        config = topology.task_consumer(pool, priority, self._ack_wait_s, lane=number)
        try:
            info = await jetstream.call(self._bus, f"CONSUMER.INFO.{names.STREAM_TASKS}.{config['durable_name']}")
        except jetstream.JetStreamError as error:
            if error.err_code != jetstream.CONSUMER_NOT_FOUND:
                raise
            if not make:
                self._waiting.pop(lane, None)
                return None
            state = (await declare.ensure_consumer(self._bus, names.STREAM_TASKS, config), 0)
        else:
            state = (int(info["num_pending"]), int(info["delivered"]["stream_seq"]))
            if lane not in self._ours and _differs(info["config"], config):
                await declare.ensure_consumer(self._bus, names.STREAM_TASKS, config)
        self._ours.add(lane)
        self._waiting[lane] = state[0]
        return state

    async def run(self, directory: Nodes) -> None:
        """Makes those of the pools that nodes serve, and again whatever vanished. Never returns."""
        failures = Failures(self._bus.settings.backoff)
        while True:
            try:
                await self._make({pool for node in directory.nodes() for pool in node.pools})
            except BusUnavailableError as error:
                log.debug("queues_not_made", error=str(error))
                await asyncio.sleep(failures.next_s())
                continue
            failures.reset()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await directory.changed()

    async def _make(self, pools: set[str]) -> None:
        if len(pools) > MAX_POOLS:
            log.warning("too_many_pools", pools=len(pools), made=MAX_POOLS)
        for pool in sorted(pools)[:MAX_POOLS]:
            for priority in PRIORITIES_BY_URGENCY:
                await self.look((pool, priority, FIRST))
        await self._look_at_others(pools)

    async def _look_at_others(self, pools: set[str]) -> None:
        """At the lanes beside those, for as long as something waits in them: in pools that nobody serves any more, and
        of large clients."""
        for lane, waiting in list(self._waiting.items()):
            pool, _, number = lane
            if waiting and (number != FIRST or pool not in pools):
                await self.look(lane, make=False)
            elif pool not in pools:
                del self._waiting[lane]


def _differs(found: topology.JsonObject, config: topology.JsonObject) -> bool:
    return any(found.get(option) != value for option, value in config.items())
