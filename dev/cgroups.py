"""Control groups on machines whose init has not mounted them (containers, minimal systems)."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
NEEDED = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids")
"""Version 1 controllers that the engine or the sandbox's limits rest on."""


def missing_controllers(proc_cgroups: str, proc_mounts: str) -> list[str]:
    """Version 1 controllers that the kernel has enabled and nobody has mounted. Empty where version 2 is in charge."""
    mounts = [line.split() for line in proc_mounts.splitlines()]
    if any(mount[1] == str(ROOT) and mount[2] == "cgroup2" for mount in mounts):
        return []
    mounted = {option for mount in mounts if mount[2] == "cgroup" for option in mount[3].split(",")}
    rows = [line.split() for line in proc_cgroups.splitlines() if line and not line.startswith("#")]
    return [row[0] for row in rows if row[0] in NEEDED and row[3] == "1" and row[0] not in mounted]


def mount_what_is_missing() -> None:
    """Gives the engine the controllers it needs. What cannot be mounted is left: the engine then says what it lacks."""
    mounts = Path("/proc/mounts").read_text(encoding="utf-8")
    try:
        controllers = missing_controllers(Path("/proc/cgroups").read_text(encoding="utf-8"), mounts)
    except FileNotFoundError:
        controllers = []
    if not any(line.split()[1].startswith(str(ROOT)) for line in mounts.splitlines()):
        _mount_root(version_2=not controllers)
    for controller in controllers:
        place = ROOT / controller
        try:
            place.mkdir(exist_ok=True)
        except OSError:
            continue
        _mount("cgroup", place, controller)


def _mount_root(*, version_2: bool) -> None:
    if version_2:
        _mount("cgroup2", ROOT, "rw")
    else:
        _mount("tmpfs", ROOT, "mode=755")


def _mount(kind: str, place: Path, options: str) -> None:
    subprocess.run(["mount", "-t", kind, "-o", options, kind, str(place)], check=False, capture_output=True)
