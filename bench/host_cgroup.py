"""The memory and processor time of a container, as the host's control groups (v1 or v2) count them."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_CACHE = ("total_inactive_file", "inactive_file")
"""File pages that nobody uses now: the kernel takes them back first; ``docker stats`` does not count them either."""


def memory_bytes(pid: int) -> int:
    """What the container of process ``pid`` holds, kernel memory and tmpfs included, idle file pages not."""
    version, group = _group(pid, "memory")
    usage = group / ("memory.usage_in_bytes" if version == 1 else "memory.current")
    stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    return int(usage.read_text()) - int(next(stat[name] for name in _CACHE if name in stat))


def cpu_s(pid: int) -> float:
    """Processor time of the container so far."""
    version, group = _group(pid, "cpuacct")
    if version == 1:
        return int((group / "cpuacct.usage").read_text()) / 1e9
    stat = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(stat["usage_usec"]) / 1e6


def _group(pid: int, controller: str) -> tuple[int, Path]:
    """Version and directory of its control group. Raises LookupError."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return 1, _ROOT / controller / path.lstrip("/")
        if not controllers and (_ROOT / "cgroup.controllers").exists():
            return 2, _ROOT / path.lstrip("/")
    raise LookupError(f"process {pid} is in no {controller} group")
