"""The resource account of one run: what its process tree has used, and which limit it has exceeded."""

from __future__ import annotations

import os
import time
from typing import Any

from .meter import Meter
from .workdir import WORKSPACE

_MAX_CHECK_INTERVAL_S = 0.1
"""Between two checks of a run that is far from its limits; samples memory where the kernel keeps no peak."""
_MIN_CHECK_INTERVAL_S = 0.002
_PEAK_SLACK_BYTES = 64 * 4096
"""Kernel counters move in batches of up to 64 pages (cgroup v1)."""
_LARGEST_PAGE_BYTES = 2 << 20
"""How far below its limit a slot may meet it."""


class Account:
    """Reads the slot's meter at the run's start and since, and compares with ``limits`` (``schemas.task.Limits``)."""

    def __init__(self, meter: Meter, limits: dict[str, Any], other_processes: int) -> None:
        """``other_processes``: how many live in the slot that are not the run's."""
        self._meter = meter
        self._limits = limits
        self.max_tasks = other_processes + int(limits["processes"])
        """The run's limit of processes and threads, as the meter counts them: with the slot's others."""
        self._reached_max_tasks = False
        self._cores = os.cpu_count() or 1
        self._before = meter.read()
        self._own_cpu_ms = time.process_time() * 1e3
        self._started = time.monotonic()
        self._highest_bytes = self._before.memory_bytes
        self._ended: float | None = None

    def next_check_s(self) -> float:
        """Seconds until a limit could be reached at the earliest, within reason."""
        cpu_left_s = (float(self._limits["cpu_ms"]) - self.cpu_ms()) / 1e3 / self._cores
        wall_left_s = (float(self._limits["wall_ms"]) - self.wall_ms()) / 1e3
        return max(_MIN_CHECK_INTERVAL_S, min(cpu_left_s, wall_left_s, _MAX_CHECK_INTERVAL_S))

    def exceeded(self) -> str | None:
        """The limit that the run has exceeded: ``wall``, ``cpu``, ``memory`` or ``disk``."""
        memory_bytes = self._meter.memory_bytes()
        self._highest_bytes = max(self._highest_bytes, memory_bytes)
        # The limit itself is the kernel's RLIMIT_NPROC, which keeps no count of those it refused.
        self._reached_max_tasks = self._reached_max_tasks or self._meter.tasks() >= self.max_tasks
        if self.wall_ms() >= self._limits["wall_ms"]:
            return "wall"
        if self.cpu_ms() >= self._limits["cpu_ms"]:
            return "cpu"
        if not self._meter.kernel_ends_programs and self._used_bytes(memory_bytes) > self._limits["memory_bytes"]:
            return "memory"
        if _disk_used_bytes() > self._limits["disk_bytes"]:
            return "disk"
        return None

    def wall_ms(self) -> float:
        return ((self._ended or time.monotonic()) - self._started) * 1e3

    def cpu_ms(self) -> float:
        own = time.process_time() * 1e3 - self._own_cpu_ms
        used = max(0.0, self._meter.cpu_ms() - self._before.cpu_ms - own)
        return min(used, self.wall_ms() * self._cores) if self._meter.counts_waiting else used

    def stop_clock(self) -> None:
        self._ended = time.monotonic()

    def close(self, ending: str, killed: bool, failed: bool) -> tuple[str, dict[str, Any]]:
        """The run's ending, with the OOM killer's part in it, and the usage fields of the ``exited`` frame."""
        after = self._meter.read()
        cpu_ms = self.cpu_ms()
        out_of_memory = after.oom_kills > self._before.oom_kills
        if out_of_memory and ending == "exited" and (killed or failed):
            ending = "memory"
        hits = {
            "cpu": ending == "cpu",
            "wall": ending == "wall",
            "memory": out_of_memory or ending == "memory",
            "processes": self._reached_max_tasks or after.process_limit_hits > self._before.process_limit_hits,
            "output": ending == "output",
            "disk": ending == "disk" or _disk_is_full(),
        }
        usage = {
            "wall_ms": round(self.wall_ms(), 3),
            "cpu_ms": round(cpu_ms, 3),
            "peak_memory_bytes": self._peak_bytes(after.peak_bytes, after.memory_bytes),
            "limits_hit": [name for name, hit in hits.items() if hit],
        }
        return ending, usage

    def _peak_bytes(self, peak: int, now: int) -> int:
        # The kernel's mark is the slot's highest ever: the run's only if the run raised it.
        raised = peak > self._before.peak_bytes + _PEAK_SLACK_BYTES
        highest = peak if raised else max(self._highest_bytes, now)
        return self._used_bytes(highest) + self._room_made_bytes(highest)

    def _room_made_bytes(self, highest: int) -> int:
        """The file cache of before the run that gave way to it, where the slot met its limit."""
        limit = self._meter.memory_limit_bytes()
        if not limit or highest < limit - _LARGEST_PAGE_BYTES:
            return 0
        return max(0, self._meter.cache_at_rest - self._meter.cache_bytes())

    def _used_bytes(self, slot_bytes: int) -> int:
        return max(0, slot_bytes - self._before.memory_bytes)


def _disk_used_bytes() -> int:
    try:
        size = os.statvfs(WORKSPACE)
    except OSError:
        return 0
    return (size.f_blocks - size.f_bfree) * size.f_frsize


def _disk_is_full() -> bool:
    try:
        size = os.statvfs(WORKSPACE)
    except OSError:
        return False
    return size.f_blocks > 0 and (size.f_bfree == 0 or (size.f_files > 0 and size.f_ffree == 0))
