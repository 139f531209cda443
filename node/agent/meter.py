"""The slot's resource meter: what its cgroup has used, read inside the container, from cgroup v2 or v1, or from
/proc where neither is visible."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass

from .figures import KeptFiles, number, text
from .lock_list import LockList

_CGROUPS = "/sys/fs/cgroup"
_PROCESSES = "/proc"
_NO_LIMIT = 1 << 20
"""gVisor's pids.max refuses the word "max"."""
_SMALL_BYTES = 24 << 20
"""The memory of a slot in which nothing is cached that would matter: to read more costs as much as all else."""
_FULL_BYTES = 1 << 20
"""A slot with less memory left than this is full."""
_GVISOR_MARK = "sentry-meminfo"
"""A file of /proc that only gVisor has."""


@dataclass(frozen=True)
class Reading:
    """All figures of a meter at one moment."""

    cpu_ms: float
    memory_bytes: int
    peak_bytes: int
    """Highest memory since the slot was made; 0 where unknown."""
    oom_kills: int
    process_limit_hits: int


class Meter:
    """Measures the slot; one reading is a handful of small files. Unknown figures are 0."""

    kernel_ends_programs = True
    """Past its memory, the kernel ends a program and not the whole slot."""
    counts_waiting = False
    """Processor time is counted also for a process that waits for a core."""
    cache_at_rest = 0
    """The file cache when nothing ran: it gives way to a program that needs its room."""
    memory_limit_bytes = 0
    """The slot's limit; 0 where there is none."""
    lock_list: LockList
    """The file locks that processes of the slot hold."""

    def __init__(self) -> None:
        self.lock_list = LockList()

    def note_rest(self) -> None:
        """Notes the file cache of a slot in which nothing runs; a small one is not looked for."""
        self.cache_at_rest = self.cache_bytes() if self.memory_bytes() > _SMALL_BYTES else 0

    def read(self) -> Reading:
        return Reading(self.cpu_ms(), self.memory_bytes(), self._peak(), self._oom_kills(), self._pid_hits())

    def cpu_ms(self) -> float:
        raise NotImplementedError

    def system_ms(self) -> float:
        """The part of it that was spent in the kernel; 0 where unknown."""
        return 0.0

    def memory_bytes(self) -> int:
        return 0

    def cache_bytes(self) -> int:
        """The slot's file cache, but for files of memory."""
        return 0

    def memory_is_full(self) -> bool:
        """Whether the slot has next to no memory left: then whatever the agent asks of the kernel may have it end a
        process, and nobody but the agent may be left."""
        limit = self.memory_limit_bytes
        return self.kernel_ends_programs and 0 < limit < self.memory_bytes() + _FULL_BYTES

    def tasks(self) -> int:
        """Processes and threads in the slot, the agent among them."""
        return 0

    def limits_tasks_to(self, max_tasks: int) -> bool:
        """Whether the slot's cgroup grants exactly so many tasks: then it counts those that it refuses."""
        return False

    def limit_tasks(self, max_tasks: int | None) -> None:
        """Limits processes and threads in the slot, where the kernel's limit per user does not hold."""

    def _peak(self) -> int:
        return 0

    def _oom_kills(self) -> int:
        return 0

    def _pid_hits(self) -> int:
        return 0


class CgroupV2(Meter):
    """Reads the unified hierarchy."""

    _OFTEN: tuple[str, ...] = (
        "cpu.stat",
        "memory.current",
        "memory.peak",
        "memory.events",
        "pids.current",
        "pids.events",
    )

    def __init__(self, root: str) -> None:
        self._root = root
        self._files = KeptFiles(root, self._OFTEN)
        self._max_tasks = number(f"{root}/pids.max")
        self.memory_limit_bytes = number(f"{root}/memory.max")
        self.lock_list = LockList(kept=True)

    def cpu_ms(self) -> float:
        return self._files.keyed("cpu.stat", "usage_usec") / 1e3

    def system_ms(self) -> float:
        return self._files.keyed("cpu.stat", "system_usec") / 1e3

    def memory_bytes(self) -> int:
        return self._files.number("memory.current")

    def cache_bytes(self) -> int:
        stat = dict(line.split(" ", 1) for line in text(f"{self._root}/memory.stat").splitlines()[:-1])
        return max(0, int(stat.get("file", 0)) - int(stat.get("shmem", 0)))

    def tasks(self) -> int:
        return self._files.number("pids.current")

    def limits_tasks_to(self, max_tasks: int) -> bool:
        return self._max_tasks == max_tasks

    def _peak(self) -> int:
        return self._files.number("memory.peak")

    def _oom_kills(self) -> int:
        return self._files.keyed("memory.events", "oom_kill")

    def _pid_hits(self) -> int:
        return self._files.keyed("pids.events", "max")


class CgroupV1(Meter):
    """Reads one hierarchy per controller."""

    _OFTEN: tuple[str, ...] = (
        "cpuacct/cpuacct.usage",
        "cpuacct/cpuacct.usage_sys",
        "memory/memory.usage_in_bytes",
        "memory/memory.max_usage_in_bytes",
        "memory/memory.oom_control",
        "pids/pids.current",
        "pids/pids.events",
    )

    def __init__(self, root: str) -> None:
        self._root = root
        self._files = KeptFiles(root, self._OFTEN)
        self._max_tasks = number(f"{root}/pids/pids.max")
        self.memory_limit_bytes = number(f"{root}/memory/memory.limit_in_bytes")
        self.lock_list = LockList(kept=bool(self._OFTEN))

    def cpu_ms(self) -> float:
        return self._files.number("cpuacct/cpuacct.usage") / 1e6

    def system_ms(self) -> float:
        return self._files.number("cpuacct/cpuacct.usage_sys") / 1e6

    def memory_bytes(self) -> int:
        return self._files.number("memory/memory.usage_in_bytes")

    def cache_bytes(self) -> int:
        stat = dict(line.split(" ", 1) for line in text(f"{self._root}/memory/memory.stat").splitlines()[:-1])
        return max(0, int(stat.get("cache", 0)) - int(stat.get("shmem", 0)))

    def tasks(self) -> int:
        return self._files.number("pids/pids.current")

    def limits_tasks_to(self, max_tasks: int) -> bool:
        return self._max_tasks == max_tasks

    def _peak(self) -> int:
        return self._files.number("memory/memory.max_usage_in_bytes")

    def _oom_kills(self) -> int:
        return self._files.keyed("memory/memory.oom_control", "oom_kill")

    def _pid_hits(self) -> int:
        return self._files.keyed("pids/pids.events", "max")


class GVisor(CgroupV1):
    """Reads gVisor's own controllers: they count, and hold processes to a limit. Memory is the host's to limit, which
    would end the whole slot; so the agent ends a program that it finds over its limit before that."""

    kernel_ends_programs = False
    counts_waiting = True
    _OFTEN = ()
    """Under gVisor a program may open the agent's descriptors anew (/proc/1/fd)."""

    def limit_tasks(self, max_tasks: int | None) -> None:
        with open(f"{self._root}/pids/pids.max", "wb", buffering=0) as file:
            file.write(b"%d" % (_NO_LIMIT if max_tasks is None else max_tasks))

    def limits_tasks_to(self, max_tasks: int) -> bool:
        return False  # it holds them to that, and keeps no count

    def _oom_kills(self) -> int:
        return 0


class ProcessTable(Meter):
    """Measures where no cgroup is visible: what the agent's reaped children used, and what /proc says of living
    processes of ``uid``."""

    def __init__(self, uid: int, root: str = _PROCESSES) -> None:
        super().__init__()
        self._uid = uid
        self._root = root
        self._tick_ms = 1000 / os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")

    def cpu_ms(self) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        alive = sum(self._ticks(pid) for pid in self._pids())
        return (ended.ru_utime + ended.ru_stime) * 1e3 + alive * self._tick_ms

    def memory_bytes(self) -> int:
        return sum(self._resident(pid) for pid in self._pids())

    def _pids(self) -> list[str]:
        return [name for name in os.listdir(self._root) if name.isdigit() and self._owner(name) == self._uid]

    def _owner(self, pid: str) -> int:
        try:
            return os.stat(f"{self._root}/{pid}").st_uid
        except OSError:
            return -1

    def _ticks(self, pid: str) -> int:
        fields = text(f"{self._root}/{pid}/stat").rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15])  # utime stime cutime cstime, proc(5)

    def _resident(self, pid: str) -> int:
        fields = text(f"{self._root}/{pid}/statm").split()
        return int(fields[1]) * self._page if len(fields) > 1 else 0


def find_meter(uid: int, cgroups: str = _CGROUPS, processes: str = _PROCESSES) -> Meter:
    """The meter for what this container shows below ``cgroups`` and ``processes``; ``uid`` is the slot's user."""
    if os.path.exists(f"{cgroups}/cpu.stat") and os.path.exists(f"{cgroups}/memory.current"):
        return CgroupV2(cgroups)
    if os.path.exists(f"{cgroups}/cpuacct/cpuacct.usage") and os.path.exists(f"{cgroups}/memory/memory.usage_in_bytes"):
        return GVisor(cgroups) if os.path.exists(f"{processes}/{_GVISOR_MARK}") else CgroupV1(cgroups)
    return ProcessTable(uid, processes)
