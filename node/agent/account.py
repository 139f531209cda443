"""The resource account of one run: what its process tree has used, and which limit it has exceeded."""

from __future__ import annotations

import os
import time
from typing import Any

from .disk import Disk
from .identity import files_as
from .locks import LockWatch
from .meter import Meter, Reading

_MAX_CHECK_INTERVAL_S = 0.1
"""Between two checks of a run that is far from its limits; samples memory where the kernel keeps no peak."""
_MIN_CHECK_INTERVAL_S = 0.002
_PEAK_SLACK_BYTES = 64 * 4096
"""Kernel counters move in batches of up to 64 pages (cgroup v1)."""
_LARGEST_PAGE_BYTES = 2 << 20
"""How far below its limit a slot may meet it."""


class Account:
    """Reads the slot's meter at the run's start and since, and compares with ``limits`` (``schemas.task.Limits``)."""

    def __init__(
        self, meter: Meter, disk: Disk, limits: dict[str, Any], other_processes: int, memory_before_bytes: int
    ) -> None:
        """``other_processes``: how many live in the slot that are not the run's; ``memory_before_bytes``: the slot's
        memory without it."""
        self._meter = meter
        self._disk = disk
        self._limits = limits
        self.max_tasks = other_processes + int(limits["processes"])
        """The run's limit of processes and threads, as the meter counts them: with the slot's others."""
        self._had_all_tasks = False
        self._had_all_descriptors = False
        self._cores = os.cpu_count() or 1
        self._locks = LockWatch(meter)
        disk.start()
        self._before = meter.read()
        self._own_cpu_ms = time.process_time() * 1e3
        self._started = time.monotonic()
        self._memory_before_bytes = memory_before_bytes
        self._most_memory_bytes = self._before.memory_bytes + int(limits["memory_bytes"])
        self._highest_bytes = self._before.memory_bytes
        self._ended: float | None = None
        self._held_s = 0.0
        self._held_since: float | None = None
        """Its clock stands still since then."""

    def next_check_s(self) -> float:
        """Seconds until a limit could be reached at the earliest, within reason."""
        cpu_left_s = (float(self._limits["cpu_ms"]) - self.cpu_ms()) / 1e3 / self._cores
        wall_left_s = (float(self._limits["wall_ms"]) - self.wall_ms()) / 1e3
        return max(_MIN_CHECK_INTERVAL_S, min(cpu_left_s, wall_left_s, _MAX_CHECK_INTERVAL_S))

    def exceeded(self) -> str | None:
        """The limit that the run has exceeded: ``wall``, ``cpu``, ``memory`` or ``disk``."""
        memory_bytes = self._meter.memory_bytes()
        self._highest_bytes = max(self._highest_bytes, memory_bytes)
        self._had_all_tasks = self._had_all_tasks or self._meter.tasks() >= self.max_tasks
        disk_bytes = self._disk.used_bytes()
        if self.wall_ms() >= self._limits["wall_ms"]:
            return "wall"
        if self.cpu_ms() >= self._limits["cpu_ms"]:
            return "cpu"
        if self._exceeds_memory(memory_bytes):
            return "memory"
        if disk_bytes > self._limits["disk_bytes"]:
            return "disk"
        return "memory" if self._locks.too_many() else None

    def exceeds_memory(self) -> bool:
        """Whether it uses more memory now than it may, where the kernel does not see to that."""
        return self._exceeds_memory(self._meter.memory_bytes())

    def _exceeds_memory(self, memory_bytes: int) -> bool:
        return not self._meter.kernel_ends_programs and memory_bytes > self._most_memory_bytes

    def note_descriptors(self, pid: int, max_open: int, user: tuple[int, int]) -> None:
        """Notes whether the program's main process has all of its ``max_open`` descriptors in use."""
        if self._had_all_descriptors or self._meter.memory_is_full():
            return  # to look costs the slot memory
        if _count_open(pid) >= max_open:
            self._had_all_descriptors = _lowest_are_open(pid, max_open, user)

    def wall_ms(self) -> float:
        now = self._ended or time.monotonic()
        standing_s = now - self._held_since if self._held_since is not None else 0.0
        return (now - self._started - self._held_s - standing_s) * 1e3

    def cpu_ms(self) -> float:
        own = time.process_time() * 1e3 - self._own_cpu_ms
        used = max(0.0, self._meter.cpu_ms() - self._before.cpu_ms - own)
        return min(used, self.wall_ms() * self._cores) if self._meter.counts_waiting else used

    def charge(self, cpu_ms: float) -> None:
        """Adds processor time of the agent's own, which does not count otherwise: what the run made it do."""
        self._own_cpu_ms += cpu_ms

    def hold_clock(self) -> None:
        """Its wall time stands still until ``go_on``."""
        self._held_since = time.monotonic()

    def go_on(self) -> None:
        if self._held_since is not None:
            self._held_s += (self._ended or time.monotonic()) - self._held_since
            self._held_since = None

    def stop_clock(self) -> None:
        self._ended = time.monotonic()

    def close(self, ending: str, killed: bool, failed: bool) -> tuple[str, dict[str, Any]]:
        """The run's ending, with the OOM killer's part in it, and the usage fields of the ``exited`` frame."""
        after = self._meter.read()
        cpu_ms = self.cpu_ms()
        out_of_memory = after.oom_kills > self._before.oom_kills
        # What filled the memory may have been files, beyond the limit of those.
        used_too_much_disk = ending == "disk"
        if out_of_memory and ((ending == "exited" and (killed or failed)) or (ending == "disk" and killed)):
            ending = "memory"
        self._disk.used_bytes()
        hits = {
            "cpu": ending == "cpu",
            "wall": ending == "wall",
            "memory": out_of_memory or ending == "memory",
            "processes": self._was_refused_a_process(after, failed=failed or ending != "exited"),
            "output": ending == "output",
            "disk": used_too_much_disk or self._disk.was_full,
            "open_files": self._had_all_descriptors,
        }
        usage = {
            "wall_ms": round(self.wall_ms(), 3),
            "cpu_ms": round(cpu_ms, 3),
            "peak_memory_bytes": self._peak_bytes(after, out_of_memory=out_of_memory),
            "memory_before_bytes": self._memory_before_bytes,
            "limits_hit": [name for name, hit in hits.items() if hit],
        }
        return ending, usage

    def _was_refused_a_process(self, after: Reading, *, failed: bool) -> bool:
        """What the cgroup refused is counted. What the limit per user refused is not: there a run that had all that it
        may have, and failed, is taken for one that wanted more."""
        if self._meter.limits_tasks_to(self.max_tasks):
            return after.process_limit_hits > self._before.process_limit_hits
        return self._had_all_tasks and failed

    def _peak_bytes(self, after: Reading, *, out_of_memory: bool) -> int:
        """The kernel's mark is the slot's highest ever: the run's only if the run raised it, or if it met the limit of
        the slot."""
        limit, mark = self._meter.memory_limit_bytes, after.peak_bytes
        raised = mark > self._before.peak_bytes + _PEAK_SLACK_BYTES
        met_limit = out_of_memory and 0 < limit <= mark + _LARGEST_PAGE_BYTES
        highest = mark if raised or met_limit else max(self._highest_bytes, after.memory_bytes)
        return self._used_bytes(highest) + self._room_made_bytes(highest)

    def _room_made_bytes(self, highest: int) -> int:
        """The file cache of before the run that gave way to it, where the slot met its limit."""
        if self._meter.cache_at_rest < _LARGEST_PAGE_BYTES:
            return 0
        limit = self._meter.memory_limit_bytes
        if not limit or highest < limit - _LARGEST_PAGE_BYTES:
            return 0
        return max(0, self._meter.cache_at_rest - self._meter.cache_bytes())

    def _used_bytes(self, slot_bytes: int) -> int:
        return max(0, slot_bytes - self._memory_before_bytes)


def _count_open(pid: int) -> int:
    """The number of descriptors that a process has open; 0 before Linux 6.2, and under gVisor."""
    try:
        return os.stat(f"/proc/{pid}/fd").st_size
    except OSError:
        return 0


def _lowest_are_open(pid: int, count: int, user: tuple[int, int]) -> bool:
    """Whether the ``count`` lowest numbers are taken: an interpreter may have others above its limit."""
    try:
        with files_as(*user):
            return sum(int(name) < count for name in os.listdir(f"/proc/{pid}/fd")) == count
    except OSError:
        return False
