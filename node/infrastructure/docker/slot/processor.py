"""The processor time of one container, from the host's cgroup files: what is told of a slot that was lost."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from node.infrastructure.docker.slot.memory import ROOT, groups_of

_LOOK_S = 0.02
"""The interval between two looks: the kernel takes longer than this to take a container apart after its end."""
_USAGE = {1: "cpuacct.usage", 2: "cpu.stat"}


class ProcessorAccount:
    """The processor time of one container since ``start``. It never fails a task: what cannot be read adds nothing."""

    def __init__(self, fd: int, version: int, *, looks: bool) -> None:
        """``looks``: read at intervals, since the files are gone before anybody hears of the container's end."""
        self._fd = fd
        self._version = version
        self._looks = looks
        self._before_ms = self._last_ms = self._read_ms() or 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begins to count."""
        self.stop()
        self._before_ms = self._last_ms = self._read_ms() or self._last_ms
        if self._looks:
            self._look()

    def used_ms(self) -> float:
        """The processor time since ``start``, of the agent and of all that ran in the container, as far as it is
        known."""
        self._last_ms = self._read_ms() or self._last_ms
        return self._last_ms - self._before_ms

    def stop(self) -> None:
        """Ends the reading at intervals."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Closes its file; safe to call once more. What was read stays known."""
        self.stop()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _look(self) -> None:
        self.used_ms()
        self._timer = asyncio.get_running_loop().call_later(_LOOK_S, self._look)

    def _read_ms(self) -> float | None:
        try:
            text = os.pread(self._fd, 256, 0).decode()
            return int(text) / 1e6 if self._version == 1 else int(text.split()[1]) / 1e3
        except (OSError, ValueError, IndexError):
            return None


def open_processor_account(
    pid: int, *, looks: bool, root: Path = ROOT, proc: Path = Path("/proc")
) -> ProcessorAccount | None:
    """The reader for the container whose first process is ``pid`` on this host. None where its files cannot be
    reached."""
    for group, version in groups_of(pid, "cpuacct", root, proc):
        with suppress(OSError):
            return ProcessorAccount(os.open(group / _USAGE[version], os.O_RDONLY | os.O_CLOEXEC), version, looks=looks)
    return None
