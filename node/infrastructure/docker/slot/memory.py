"""A slot's memory account, read from the host's cgroup files where this process can reach them.

Exact where the agent inside can only sample. Nothing here ever fails a task: what cannot be read is ``None``.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_LOOK_S = 0.02
"""A container takes longer than this to be taken apart after its end."""
_USAGE = {1: "memory.usage_in_bytes", 2: "memory.current"}
_PEAK = {1: "memory.max_usage_in_bytes", 2: "memory.peak"}
_KILLS = {1: "memory.oom_control", 2: "memory.events"}
_HELD = {1: ("rss", "shmem"), 2: ("anon", "shmem")}
"""Of memory.stat: what the kernel cannot take back by itself."""


class MemoryAccount:
    """Peak memory of one container between ``start`` and ``peak``; a few system calls on open files."""

    def __init__(self, usage_fd: int, peak_fd: int) -> None:
        self._usage_fd = usage_fd
        self._peak_fd = peak_fd
        self._baseline: int | None = None

    def start(self) -> None:
        """A program is about to start: what the slot holds now is not its own."""
        try:
            os.pwrite(self._peak_fd, b"0", 0)
            self._baseline = _read(self._usage_fd)
        except (OSError, ValueError):
            self._baseline = None

    def peak_bytes(self) -> int | None:
        """The most that was used since ``start`` above what was there before; None where unknown."""
        try:
            return None if self._baseline is None else max(0, _read(self._peak_fd) - self._baseline)
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        for fd in (self._usage_fd, self._peak_fd):
            if fd >= 0:
                os.close(fd)
        self._usage_fd = self._peak_fd = -1
        self._baseline = None


class KillCounter:
    """Whether the kernel ended a process of one container for want of memory, between ``start`` and ``stop``.

    It looks by itself again and again: where that ends the whole container, its files are gone before anybody hears of
    it, and the engine misses some."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._before = self._kills()
        self._rose = False
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self.stop()
        self._before = self._kills()
        self._rose = False
        self._look()

    def rose(self) -> bool:
        """Since ``start``."""
        self._rose = self._rose or self._kills() > self._before
        return self._rose

    def stop(self) -> None:
        """Looks no more by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
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
    """What a container holds when its program has ended and its files are gone."""

    def __init__(self, fd: int, names: tuple[str, ...], most_bytes: int) -> None:
        self._fd = fd
        self._names = names
        self._most_bytes = most_bytes

    def excess_bytes(self) -> int:
        """Beyond what it may hold; 0 where that is unknown."""
        try:
            lines = os.pread(self._fd, 8192, 0).decode().splitlines()
            held = sum(int(value) for name, _, value in (line.partition(" ") for line in lines) if name in self._names)
        except (OSError, ValueError):
            return 0
        return max(0, held - self._most_bytes)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def open_held_memory(pid: int, most_bytes: int, root: Path = _ROOT, proc: Path = Path("/proc")) -> HeldMemory | None:
    """Of the container whose first process is ``pid`` on this host; None where its files cannot be reached."""
    for group, version in _groups(pid, root, proc):
        with suppress(OSError):
            return HeldMemory(os.open(group / "memory.stat", os.O_RDONLY | os.O_CLOEXEC), _HELD[version], most_bytes)
    return None


def open_kill_counter(pid: int, root: Path = _ROOT, proc: Path = Path("/proc")) -> KillCounter | None:
    """Of the container whose first process is ``pid`` on this host; None where its files cannot be reached."""
    for group, version in _groups(pid, root, proc):
        with suppress(OSError):
            return KillCounter(os.open(group / _KILLS[version], os.O_RDONLY | os.O_CLOEXEC))
    return None


def open_account(pid: int, root: Path = _ROOT, proc: Path = Path("/proc")) -> MemoryAccount | None:
    """The account of the container whose first process is ``pid`` on this host. None where the files cannot be
    reached or the kernel cannot reset the peak (cgroup v2 before Linux 6.12)."""
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
    """Directories of the container's memory account, and the version of their cgroups."""
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
