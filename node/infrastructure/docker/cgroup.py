"""A slot's memory account, read from the host's cgroup files where this process can reach them.

Exact where the agent inside can only sample. Nothing here ever fails a task: what cannot be read is ``None``.
"""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


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


def open_account(pid: int, root: Path = _ROOT, proc: Path = Path("/proc")) -> MemoryAccount | None:
    """The account of the container whose first process is ``pid`` on this host. None where the files cannot be
    reached or the kernel cannot reset the peak (cgroup v2 before Linux 6.12)."""
    for usage, peak in _candidates(pid, root, proc):
        opened: list[int] = []
        try:
            opened.append(os.open(usage, os.O_RDONLY | os.O_CLOEXEC))
            opened.append(os.open(peak, os.O_RDWR | os.O_CLOEXEC))
            os.pwrite(opened[1], b"0", 0)
            return MemoryAccount(*opened)
        except OSError:
            for fd in opened:
                os.close(fd)
    return None


def _candidates(pid: int, root: Path, proc: Path) -> list[tuple[Path, Path]]:
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
            group = root / "memory" / inside
            found.append((group / "memory.usage_in_bytes", group / "memory.max_usage_in_bytes"))
        elif not controllers:
            found.append((root / inside / "memory.current", root / inside / "memory.peak"))
    return found


def _read(fd: int) -> int:
    return int(os.pread(fd, 32, 0))
