"""What the slot's cgroup has used, read inside the container, on cgroup v2, v1, or from /proc where neither shows."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass

_V1 = "/sys/fs/cgroup"
_V2 = "/sys/fs/cgroup"
_NO_LIMIT = 1 << 20
"""gVisor's pids.max refuses the word "max"."""
_GVISOR = "/proc/sentry-meminfo"


@dataclass(frozen=True)
class Reading:
    cpu_ms: float
    memory_bytes: int
    peak_bytes: int
    """Highest since the slot was made; 0 where unknown."""
    oom_kills: int
    process_limit_hits: int


class Meter:
    """One reading is a handful of small files. Unknown figures are 0."""

    kernel_ends_programs = True
    """Past its memory, the kernel ends a program and not the whole slot."""
    counts_waiting = False
    """Processor time is counted also for a process that waits for a core."""

    def read(self) -> Reading:
        return Reading(self.cpu_ms(), self.memory_bytes(), self._peak(), self._oom_kills(), self._pid_hits())

    def cpu_ms(self) -> float:
        raise NotImplementedError

    def memory_bytes(self) -> int:
        return 0

    def tasks(self) -> int:
        """Processes and threads in the slot, ours among them."""
        return 0

    def limit_tasks(self, most: int | None) -> None:
        """Processes and threads in the slot, where the kernel's limit per user does not hold."""

    def _peak(self) -> int:
        return 0

    def _oom_kills(self) -> int:
        return 0

    def _pid_hits(self) -> int:
        return 0


class CgroupV2(Meter):
    def cpu_ms(self) -> float:
        return _keyed(f"{_V2}/cpu.stat", "usage_usec") / 1e3

    def memory_bytes(self) -> int:
        return _number(f"{_V2}/memory.current")

    def tasks(self) -> int:
        return _number(f"{_V2}/pids.current")

    def _peak(self) -> int:
        return _number(f"{_V2}/memory.peak")

    def _oom_kills(self) -> int:
        return _keyed(f"{_V2}/memory.events", "oom_kill")

    def _pid_hits(self) -> int:
        return _keyed(f"{_V2}/pids.events", "max")


class CgroupV1(Meter):
    def cpu_ms(self) -> float:
        return _number(f"{_V1}/cpuacct/cpuacct.usage") / 1e6

    def memory_bytes(self) -> int:
        return _number(f"{_V1}/memory/memory.usage_in_bytes")

    def tasks(self) -> int:
        return _number(f"{_V1}/pids/pids.current")

    def _peak(self) -> int:
        return _number(f"{_V1}/memory/memory.max_usage_in_bytes")

    def _oom_kills(self) -> int:
        return _keyed(f"{_V1}/memory/memory.oom_control", "oom_kill")

    def _pid_hits(self) -> int:
        return _keyed(f"{_V1}/pids/pids.events", "max")


class GVisor(CgroupV1):
    """gVisor's own controllers: they count, and hold processes to a limit. Memory is the host's to limit, which would
    take the whole slot; so the agent ends a program that it finds over its limit before that."""

    kernel_ends_programs = False
    counts_waiting = True

    def limit_tasks(self, most: int | None) -> None:
        with open(f"{_V1}/pids/pids.max", "wb", buffering=0) as file:
            file.write(b"%d" % (_NO_LIMIT if most is None else most))

    def _oom_kills(self) -> int:
        return 0


class ProcessTable(Meter):
    """Where no cgroup is visible: what our reaped children used, and what /proc says of the living."""

    def __init__(self, uid: int) -> None:
        self._uid = uid
        self._tick_ms = 1000 / os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")

    def cpu_ms(self) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        alive = sum(self._ticks(pid) for pid in self._pids())
        return (ended.ru_utime + ended.ru_stime) * 1e3 + alive * self._tick_ms

    def memory_bytes(self) -> int:
        return sum(self._resident(pid) for pid in self._pids())

    def _pids(self) -> list[str]:
        return [name for name in os.listdir("/proc") if name.isdigit() and _owner(name) == self._uid]

    def _ticks(self, pid: str) -> int:
        fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15])  # utime stime cutime cstime, proc(5)

    def _resident(self, pid: str) -> int:
        fields = _text(f"/proc/{pid}/statm").split()
        return int(fields[1]) * self._page if len(fields) > 1 else 0


def find_meter(uid: int) -> Meter:
    if os.path.exists(f"{_V2}/cpu.stat") and os.path.exists(f"{_V2}/memory.current"):
        return CgroupV2()
    if os.path.exists(f"{_V1}/cpuacct/cpuacct.usage") and os.path.exists(f"{_V1}/memory/memory.usage_in_bytes"):
        return GVisor() if os.path.exists(_GVISOR) else CgroupV1()
    return ProcessTable(uid)


def _text(path: str) -> str:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(4096).decode("ascii", "replace")
    except OSError:
        return ""


def _number(path: str) -> int:
    text = _text(path).strip()
    return int(text) if text.isdigit() else 0


def _keyed(path: str, key: str) -> int:
    for line in _text(path).splitlines():
        name, _, value = line.partition(" ")
        if name == key and value.strip().isdigit():
            return int(value)
    return 0


def _owner(pid: str) -> int:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return -1
