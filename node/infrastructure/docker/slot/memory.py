"""Readers of the host's cgroup files: a container's peak memory, its out-of-memory kills, and the memory that it holds.

They are exact where the agent inside the container can only sample. None of them ever fails a task: a reader whose
files cannot be reached is ``None``, and so is a value that cannot be read.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from node.infrastructure.docker.slot.cgroup import PROC, ROOT, CgroupFile, groups_of, open_file

_USAGE = {1: "memory.usage_in_bytes", 2: "memory.current"}
_PEAK = {1: "memory.max_usage_in_bytes", 2: "memory.peak"}
_KILLS = {1: "memory.oom_control", 2: "memory.events"}
_STAT = {1: "memory.stat", 2: "memory.stat"}
_LIMIT = {1: "memory.limit_in_bytes", 2: "memory.max"}
_SMALL_BYTES = 24 << 20
"""The memory of a container in which nothing is cached that would matter."""
_LARGEST_PAGE_BYTES = 2 << 20
"""How far below its limit a container may meet it. (Linux 6.18 counts no failures of cgroup v1.)"""
_CACHE = {1: "cache", 2: "file"}
"""The line of memory.stat that counts files, those of memory among them."""
_HELD = {1: ("rss", "shmem"), 2: ("anon", "shmem")}
"""The lines of memory.stat that count memory which the kernel cannot take back by itself."""


class MemoryAccount:
    """The peak memory of one container since ``start``, by a few system calls on open files.

    The container's file cache is not the program's: what an earlier program's reading left goes as this one needs
    memory."""

    def __init__(self, files: MemoryFiles) -> None:
        self._files = files
        self._used_before: int | None = None
        self._cache_before = 0
        self.rest()

    def rest(self) -> None:
        """Looks at the file cache while nothing runs, so that no task waits for that; a small one is not looked for."""
        with suppress(OSError, ValueError, KeyError):
            worth_it = _read(self._files.usage) > _SMALL_BYTES
            self._cache_before = self._files.cache_bytes() if worth_it else 0

    def start(self) -> None:
        """Begins to count, shortly before the program starts."""
        try:
            os.pwrite(self._files.peak, b"0", 0)
            self._used_before = _read(self._files.usage)
        except (OSError, ValueError):
            self._used_before = None

    def peak_bytes(self, before_bytes: int = 0) -> int | None:
        """The most memory used since ``start``, beyond what was in use before; None where that is unknown.
        ``before_bytes``: what was, where somebody looked in the very moment in which the program took over; 0: what was
        in use at ``start``, though an interpreter may have been starting then. Where the container met its limit, the
        cache of before made room, and the cache of now is what was left of it."""
        files = self._files
        try:
            if self._used_before is None:
                return None
            highest = _read(files.peak)
            made_room = 0
            if highest > files.limit_bytes() - _LARGEST_PAGE_BYTES:
                made_room = max(0, self._cache_before - files.cache_bytes())
            return max(0, highest - (before_bytes or self._used_before) + made_room)
        except (OSError, ValueError, KeyError):
            return None

    def close(self) -> None:
        """Closes its files; safe to call once more."""
        self._files.close()
        self._used_before = None


class MemoryFiles:
    """The open files of a container's memory account, of either version of cgroups."""

    def __init__(self, group: Path, version: int) -> None:
        """Raises OSError where one cannot be opened."""
        self._version = version
        self._opened: list[int] = []
        try:
            self.usage = self._open(group / _USAGE[version])
            self.peak = self._open(group / _PEAK[version], os.O_RDWR)
            self._stat = self._open(group / "memory.stat")
            self._limit = self._open(group / _LIMIT[version])
        except OSError:
            self.close()
            raise

    def cache_bytes(self) -> int:
        """The file cache: all of it but the files of memory, which no other place has. Raises OSError, ValueError,
        KeyError."""
        lines = dict(line.split(" ", 1) for line in os.pread(self._stat, 8192, 0).decode().splitlines())
        return max(0, int(lines[_CACHE[self._version]]) - int(lines["shmem"]))

    def limit_bytes(self) -> int:
        """The container's limit, which may change. Raises OSError, and ValueError where it has none."""
        return _read(self._limit)

    def close(self) -> None:
        """Closes all; safe to call once more."""
        while self._opened:
            os.close(self._opened.pop())
        self.usage = self.peak = self._stat = self._limit = -1

    def _open(self, path: Path, how: int = os.O_RDONLY) -> int:
        self._opened.append(os.open(path, how | os.O_CLOEXEC))
        return self._opened[-1]


class KillCounter:
    """Tells whether the kernel's OOM killer ended a process of one container between ``start`` and ``stop``.

    It reads the kernel's counter at short intervals: where a kill ends the whole container, its files are gone before
    anybody hears of that, and the engine misses some kills."""

    def __init__(self, file: CgroupFile) -> None:
        self._file = file
        self._before = self._kills()
        self._rose = False

    def start(self) -> None:
        """Begins to count, and to read at intervals."""
        self.stop()
        self._before = self._kills()
        self._rose = False
        self._file.keep_looking(self.rose)

    def rose(self) -> bool:
        """Whether there was a kill since ``start``."""
        self._rose = self._rose or self._kills() > self._before
        return self._rose

    def stop(self) -> None:
        """Ends the reading at intervals."""
        self._file.stop()

    def close(self) -> None:
        """Closes its file; safe to call once more."""
        self._file.close()

    def _kills(self) -> int:
        try:
            lines = self._file.read(1024).splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        except (OSError, ValueError, StopIteration):
            return 0


class HeldMemory:
    """The memory that a container still holds when its program has ended and its files are gone."""

    def __init__(self, file: CgroupFile, max_bytes: int) -> None:
        self._file = file
        self._names = _HELD[file.version]
        self._max_bytes = max_bytes

    def excess_bytes(self) -> int:
        """The bytes beyond what the container may hold; 0 where that is unknown."""
        try:
            lines = self._file.read(8192).splitlines()
            held = sum(int(value) for name, _, value in (line.partition(" ") for line in lines) if name in self._names)
        except (OSError, ValueError):
            return 0
        return max(0, held - self._max_bytes)

    def close(self) -> None:
        """Closes its file; safe to call once more."""
        self._file.close()


def open_held_memory(pid: int, max_bytes: int, root: Path = ROOT, proc: Path = PROC) -> HeldMemory | None:
    """The reader for the container whose first process is ``pid`` on this host. None where its files cannot be reached.
    ``max_bytes``: the memory that the container may hold."""
    file = open_file(pid, "memory", _STAT, root, proc)
    return HeldMemory(file, max_bytes) if file is not None else None


def open_kill_counter(pid: int, root: Path = ROOT, proc: Path = PROC) -> KillCounter | None:
    """The reader for the container whose first process is ``pid`` on this host. None where its files cannot be
    reached."""
    file = open_file(pid, "memory", _KILLS, root, proc)
    return KillCounter(file) if file is not None else None


def open_account(pid: int, root: Path = ROOT, proc: Path = PROC) -> MemoryAccount | None:
    """The reader for the container whose first process is ``pid`` on this host. None where its files cannot be reached
    or the kernel cannot reset the peak (cgroup v2 before Linux 6.12)."""
    for group, version in groups_of(pid, "memory", root, proc):
        with suppress(OSError):
            files = MemoryFiles(group, version)
            try:
                os.pwrite(files.peak, b"0", 0)
                return MemoryAccount(files)
            except OSError:
                files.close()
    return None


def _read(fd: int) -> int:
    return int(os.pread(fd, 32, 0))
