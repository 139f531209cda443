"""What is known of the pools' activity: whether somebody is there who takes tasks, whatever the directory says."""

from __future__ import annotations

from collections.abc import Set


class PoolActivity:
    """The pools that are listed and quiet: for a while no node has asked for a task there, and none has one."""

    def __init__(self, quiet_after_ms: int = 10_000, max_gap_ms: int = 10_000) -> None:
        """``max_gap_ms``: what was seen longer ago than this before the next look says nothing of the time between."""
        self._quiet_after_ms = quiet_after_ms
        self._max_gap_ms = max_gap_ms
        self._seen_ms: dict[str, int] = {}
        """When each listed pool was last seen active; for a new one, when it was first looked at."""
        self._looked_ms = 0
        self.quiet: Set[str] = frozenset()
        """Another object only where it has changed."""

    def note(self, listed: Set[str], active: Set[str], now_ms: int) -> None:
        """Takes in one look at all pools, at ``now_ms`` (Unix milliseconds)."""
        before = self._seen_ms if now_ms - self._looked_ms < self._max_gap_ms else {}
        self._looked_ms = now_ms
        self._seen_ms = {pool: now_ms if pool in active else before.get(pool, now_ms) for pool in listed}
        quiet = {pool for pool, seen_ms in self._seen_ms.items() if now_ms - seen_ms >= self._quiet_after_ms}
        if quiet != self.quiet:
            self.quiet = frozenset(quiet)
