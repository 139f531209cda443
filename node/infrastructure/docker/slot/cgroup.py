"""The files in which the host's kernel accounts for one container, of either version of cgroups."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PROC = Path("/proc")
_LOOK_S = 0.02
"""The interval between two looks: the kernel takes longer than this to take a container apart after its end."""


class CgroupFile:
    """One open file of a container's cgroup.

    It can be looked at over and over: where the end of the container is heard late, its files are gone by then."""

    def __init__(self, path: Path, version: int) -> None:
        """``version``: of the cgroup, 1 or 2. Raises OSError where it cannot be opened."""
        self.version = version
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._timer: asyncio.TimerHandle | None = None

    def read(self, max_bytes: int) -> str:
        """What is in it now. Raises OSError, also once it is closed."""
        return os.pread(self._fd, max_bytes, 0).decode()

    def keep_looking(self, look: Callable[[], object]) -> None:
        """Calls ``look`` now and at short intervals until ``stop``."""
        look()
        self._timer = asyncio.get_running_loop().call_later(_LOOK_S, self.keep_looking, look)

    def stop(self) -> None:
        """Ends the looking."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Ends the looking and closes the file; safe to call once more."""
        self.stop()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def open_file(pid: int, controller: str, names: Mapping[int, str], root: Path, proc: Path) -> CgroupFile | None:
    """The file of a controller that accounts for the container whose first process is ``pid`` on this host.
    ``names``: what it is called in each version. None where it cannot be reached."""
    for group, version in groups_of(pid, controller, root, proc):
        with suppress(OSError):
            return CgroupFile(group / names[version], version)
    return None


def groups_of(pid: int, controller: str, root: Path, proc: Path) -> list[tuple[Path, int]]:
    """The directories with the container's files of a controller, each with the version of its cgroup (1 or 2)."""
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
        if controller in controllers.split(","):
            found.append((root / controller / inside, 1))
        elif not controllers:
            found.append((root / inside, 2))
    return found
