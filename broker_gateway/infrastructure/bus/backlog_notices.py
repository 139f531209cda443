"""The notices to the nodes of a pool that tasks wait in a later lane (docs/adr/0013-fair-shares-by-lanes.md)."""

from __future__ import annotations

import asyncio

import msgspec

from broker_gateway.domain.backlogs import Queue
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.lanes import BacklogNotice

TOGETHER_S = 0.005
"""Of one lane, notices are at least so far apart."""

_encoder = msgspec.json.Encoder()


class BacklogNotices:
    """Sends them. Each task that was stored is followed by one, at once or after TOGETHER_S."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus
        self._quiet: dict[tuple[Queue, int], asyncio.TimerHandle] = {}
        """Lanes of which was told a moment ago."""
        self._owed: set[tuple[Queue, int]] = set()

    def send(self, queue: Queue, lane: int) -> None:
        """Tells of a task that has just been stored."""
        if (queue, lane) in self._quiet:
            self._owed.add((queue, lane))
            return
        pool, priority = queue
        self._bus.post(names.backlog_subject(pool), _encoder.encode(BacklogNotice(priority=priority, lane=lane)))
        self._quiet[queue, lane] = asyncio.get_running_loop().call_later(TOGETHER_S, self._may_speak, queue, lane)

    def close(self) -> None:
        """Ends the timers."""
        for timer in self._quiet.values():
            timer.cancel()

    def _may_speak(self, queue: Queue, lane: int) -> None:
        del self._quiet[queue, lane]
        if (queue, lane) in self._owed:
            self._owed.discard((queue, lane))
            self.send(queue, lane)
