"""The watch over a service's event loop: how long it was kept from its work.

While one callback runs, nothing else of the process does: no call is answered, no task is kept alive. So what a
stranger sends must not hold the loop, and whether it does is measured here.
"""

from __future__ import annotations

import asyncio
import time

import structlog
from prometheus_client import CollectorRegistry, Gauge, Histogram

from chassis.metrics import SECONDS

EVERY_S = 0.02
"""Between two looks: 50 a second cost a thousandth of a core."""
HELD_S = 0.1
"""A hold of the loop that is worth a line in the log."""

_log = structlog.get_logger(__name__)


class LoopWatch:
    """Measures the loop for as long as ``run`` runs.

    ``coderunner_loop_lag_seconds``: how much later than due the watch was woken, at each look.
    ``coderunner_loop_longest_hold_seconds``: the longest that the process itself has held its loop; of a late look only
    the processor time of the loop's thread counts, so that a machine that stands still for a moment is not taken for
    work of ours. A hold may be longer than its figure by up to EVERY_S, in which the watch slept anyway."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag_s = Histogram(
            "coderunner_loop_lag_seconds",
            "How late the event loop came to its work.",
            buckets=SECONDS,
            registry=registry,
        )
        self._longest_s = Gauge(
            "coderunner_loop_longest_hold_seconds",
            "The longest single piece of work on the loop since the start.",
            registry=registry,
        )
        self._longest = 0.0

    async def run(self) -> None:
        """Looks for ever."""
        loop = asyncio.get_running_loop()
        while True:
            due, worked_s = loop.time() + EVERY_S, time.thread_time()
            await asyncio.sleep(EVERY_S)
            lag_s = max(0.0, loop.time() - due)
            self._lag_s.observe(lag_s)
            self._held(min(lag_s, time.thread_time() - worked_s))

    def _held(self, seconds: float) -> None:
        if seconds > self._longest:
            self._longest = seconds
            self._longest_s.set(seconds)
        if seconds > HELD_S:
            _log.warning("loop_held", held_ms=round(seconds * 1000))
