"""Readers of the host's cgroup files: a container's peak memory, its out-of-memory kills, and the memory that it holds.

They are exact where the agent inside the container can only sample. None of them ever fails a task: a reader whose
files cannot be reached is ``None``, and so is a value that cannot be read.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_LOOK_S = 0.02
"""The interval between two looks: the kernel takes longer than this to take a container apart after its end."""
_USAGE = {1: "memory.usage_in_bytes", 2: "memory.current"}
_PEAK = {1: "memory.max_usage_in_bytes", 2: "memory.peak"}
_KILLS = {1: "memory.oom_control", 2: "memory.events"}
_HELD = {1: ("rss", "shmem"), 2: ("anon", "shmem")}
"""The lines of memory.stat that count memory which the kernel cannot take back by itself."""


class MemoryAccount:
    """The peak memory of one container since ``start``, by a few system calls on open files."""

    def __init__(self, usage_fd: int, peak_fd: int) -> None:
        self._usage_fd = usage_fd
        self._peak_fd = peak_fd
        self._baseline: int | None = None

    def start(self) -> None:
        """Begins to count. The memory that the container holds now is not the program's, which is about to start."""
        try:
            os.pwrite(self._peak_fd, b"0", 0)
            self._baseline = _read(self._usage_fd)
        except (OSError, ValueError):
            self._baseline = None

    def peak_bytes(self) -> int | None:
        """The most memory used since ``start``, beyond what was in use before; None where that is unknown."""
        try:
            return None if self._baseline is None else max(0, _read(self._peak_fd) - self._baseline)
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        """Closes its files; safe to call once more."""
        for fd in (self._usage_fd, self._peak_fd):
            if fd >= 0:
                os.close(fd)
        self._usage_fd = self._peak_fd = -1
        self._baseline = None


class KillCounter:
    """Tells whether the kernel's OOM killer ended a process of one container between ``start`` and ``stop``.

    It reads the kernel's counter at short intervals: where a kill ends the whole container, its files are gone before
    anybody hears of that, and the engine misses some kills."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._before = self._kills()
        self._rose = False
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begins to count, and to read at intervals."""
        self.stop()
        self._before = self._kills()
        self._rose = False
        self._look()

    def rose(self) -> bool:
        """Whether there was a kill since ``start``."""
        self._rose = self._rose or self._kills() > self._before
        return self._rose

    def stop(self) -> None:
        """Ends the reading at intervals."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Closes its files; safe to call once more."""
        self.stop()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _look(self) -> None:
        self.rose()
        self._timer = asyncio.get_running_loop().call_later(_LOOK_S, self._look)

    def _kills(self) -> int:
        try:
            lines = os.pread(self._fd, 1024, 0).decode().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        except (OSError, ValueError, StopIteration):
            return 0


class HeldMemory:
    """The memory that a container still holds when its program has ended and its files are gone."""

    def __init__(self, fd: int, names: tuple[str, ...], max_bytes: int) -> None:
        self._fd = fd
        self._names = names
        self._max_bytes = max_bytes

    def excess_bytes(self) -> int:
        """The bytes beyond what the container may hold; 0 where that is unknown."""
        try:
            lines = os.pread(self._fd, 8192, 0).decode().splitlines()
            held = sum(int(value) for name, _, value in (line.partition(" ") for line in lines) if name in self._names)
        except (OSError, ValueError):
            return 0
        return max(0, held - self._max_bytes)

    def close(self) -> None:
        """Closes its files; safe to call once more."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def open_held_memory(pid: int, max_bytes: int, root: Path = _ROOT, proc: Path = Path("/proc")) -> HeldMemory | None:
    """The reader for the container whose first process is ``pid`` on this host. None where its files cannot be reached.
    ``max_bytes``: the memory that the container may hold."""
    for group, version in _groups(pid, root, proc):
        with suppress(OSError):
            return HeldMemory(os.open(group / "memory.stat", os.O_RDONLY | os.O_CLOEXEC), _HELD[version], max_bytes)
    return None


def open_kill_counter(pid: int, root: Path = _ROOT, proc: Path = Path("/proc")) -> KillCounter | None:
    """The reader for the container whose first process is ``pid`` on this host. None where its files cannot be
    reached."""
    for group, version in _groups(pid, root, proc):
        with suppress(OSError):
            return KillCounter(os.open(group / _KILLS[version], os.O_RDONLY | os.O_CLOEXEC))
    return None


def open_account(pid: int, root: Path = _ROOT, proc: Path = Path("/proc")) -> MemoryAccount | None:
    """The reader for the container whose first process is ``pid`` on this host. None where its files cannot be reached
    or the kernel cannot reset the peak (cgroup v2 before Linux 6.12)."""
    for group, version in _groups(pid, root, proc):
        opened: list[int] = []
        try:
            opened.append(os.open(group / _USAGE[version], os.O_RDONLY | os.O_CLOEXEC))
            opened.append(os.open(group / _PEAK[version], os.O_RDWR | os.O_CLOEXEC))
            os.pwrite(opened[1], b"0", 0)
            return MemoryAccount(*opened)
        except OSError:
            for fd in opened:
                os.close(fd)
    return None


def _groups(pid: int, root: Path, proc: Path) -> list[tuple[Path, int]]:
    """The directories with the container's memory files, each with the version of its cgroup (1 or 2)."""
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        inside = path.lstrip("/")
        if not inside:
            continue  # the root's account is everybody's
        if "memory" in controllers.split(","):
            found.append((root / "memory" / inside, 1))
        elif not controllers:
            found.append((root / inside, 2))
    return found


def _read(fd: int) -> int:
    return int(os.pread(fd, 32, 0))
