"""The wall clock of the gateway. Who needs the time takes a function like this one, so that tests set it."""

from __future__ import annotations

import time


def wall_clock_ms() -> int:
    """The Unix time, in milliseconds."""
    return time.time_ns() // 1_000_000
