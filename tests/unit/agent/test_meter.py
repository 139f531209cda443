"""What the meter reads from the kernel's files, of which a test has copies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from node.agent.meter import CgroupV1, CgroupV2, GVisor, Meter, ProcessTable, Reading, find_meter

V2 = {
    "cpu.stat": "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n",
    "memory.current": "4096\n",
    "memory.peak": "8192\n",
    "memory.events": "low 0\nhigh 0\nmax 7\noom 2\noom_kill 3\noom_group_kill 9\n",
    "pids.current": "5\n",
    "pids.events": "max 6\n",
}
V1 = {
    "cpuacct/cpuacct.usage": "1234567890\n",
    "memory/memory.usage_in_bytes": "4096\n",
    "memory/memory.max_usage_in_bytes": "8192\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    "pids/pids.current": "5\n",
    "pids/pids.events": "max 6\n",
}
V2_MEMORY = ("memory.max", "memory.current")


def written(root: Path, files: Mapping[str, str]) -> str:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


def found(tmp_path: Path, cgroup: Mapping[str, str], proc: Mapping[str, str] | None = None) -> Meter:
    (tmp_path / "proc").mkdir()
    return find_meter(1, written(tmp_path / "cgroup", cgroup), written(tmp_path / "proc", proc or {}))


def test_cgroup_v2_is_read_from_its_own_files(tmp_path: Path) -> None:
    meter = found(tmp_path, V2)
    assert isinstance(meter, CgroupV2)
    assert meter.read() == Reading(1234.567, 4096, 8192, oom_kills=3, process_limit_hits=6)
    assert meter.tasks() == 5


def test_cgroup_v1_is_read_from_a_folder_for_each_controller(tmp_path: Path) -> None:
    meter = found(tmp_path, V1)
    assert type(meter) is CgroupV1
    assert meter.read() == Reading(1234.56789, 4096, 8192, oom_kills=3, process_limit_hits=6)
    assert meter.tasks() == 5
    assert meter.kernel_ends_programs
    assert not meter.counts_waiting


@pytest.mark.parametrize(("used", "told"), [(24 << 20, 0), ((24 << 20) + 1, 600)])
@pytest.mark.parametrize("version", [1, 2])
def test_the_file_cache_of_an_idle_slot_is_noted_where_it_may_be_large(
    tmp_path: Path, version: int, used: int, told: int
) -> None:
    folder = "memory/" if version == 1 else ""
    usage = f"{folder}memory.usage_in_bytes" if version == 1 else "memory.current"
    stat = "cache 700\nfile 700\nshmem 100\nlast 1\n"
    meter = found(tmp_path, {**(V1 if version == 1 else V2), usage: f"{used}\n", f"{folder}memory.stat": stat})
    meter.note_rest()
    assert meter.cache_at_rest == told


@pytest.mark.parametrize(("used_mib", "limit", "is_full"), [(255, "268435456", False), (256, "268435456", True)])
@pytest.mark.parametrize("version", [1, 2])
def test_a_slot_is_full_where_it_has_next_to_no_memory_left(
    tmp_path: Path, version: int, used_mib: int, limit: str, is_full: bool
) -> None:
    names = ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes") if version == 1 else V2_MEMORY
    figures = dict(zip(names, (limit, str(used_mib << 20)), strict=True))
    assert found(tmp_path, {**(V1 if version == 1 else V2), **figures}).memory_is_full() == is_full


def test_a_slot_without_a_limit_is_never_full(tmp_path: Path) -> None:
    assert not found(tmp_path, {**V2, "memory.max": "max\n"}).memory_is_full()


def test_gvisor_is_known_by_a_file_that_only_it_has(tmp_path: Path) -> None:
    meter = found(tmp_path, V1, {"sentry-meminfo": ""})
    assert isinstance(meter, GVisor)
    assert meter.read() == Reading(1234.56789, 4096, 8192, oom_kills=0, process_limit_hits=6)
    assert not meter.kernel_ends_programs
    assert meter.counts_waiting


def test_gvisor_holds_processes_to_a_limit_for_a_run_and_to_none_between(tmp_path: Path) -> None:
    meter = found(tmp_path, {**V1, "pids/pids.max": ""}, {"sentry-meminfo": ""})
    limit = tmp_path / "cgroup" / "pids" / "pids.max"
    meter.limit_tasks(17)
    assert limit.read_text() == "17"
    meter.limit_tasks(None)
    assert int(limit.read_text()) > 100_000


def test_cgroups_leave_the_limit_of_processes_to_the_kernel(tmp_path: Path) -> None:
    found(tmp_path, V2).limit_tasks(17)
    assert not (tmp_path / "cgroup" / "pids.max").exists()


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param({"memory.peak": "max\n", "pids.events": "", "memory.events": "oom_kill many\n"}, id="not numbers"),
        pytest.param({"memory.peak": "\xff\n", "pids.events": "maximum 3\n", "memory.events": "oom 3\n"}, id="others"),
    ],
)
def test_a_figure_that_cannot_be_read_is_nought(tmp_path: Path, damaged: Mapping[str, str]) -> None:
    reading = found(tmp_path, {**V2, **damaged}).read()
    assert (reading.peak_bytes, reading.oom_kills, reading.process_limit_hits) == (0, 0, 0)


def test_a_kernel_without_some_of_the_files_leaves_their_figures_at_nought(tmp_path: Path) -> None:
    meter = found(tmp_path, {name: V2[name] for name in ("cpu.stat", "memory.current")})
    assert meter.read() == Reading(1234.567, 4096, 0, 0, 0)
    assert meter.tasks() == 0


@pytest.mark.parametrize("incomplete", [{}, {"cpu.stat": ""}, {"cpuacct/cpuacct.usage": "1"}])
def test_where_no_cgroup_is_visible_processes_are_looked_at(tmp_path: Path, incomplete: Mapping[str, str]) -> None:
    assert isinstance(found(tmp_path, incomplete), ProcessTable)


def test_the_living_processes_of_the_slots_user_are_added_up(tmp_path: Path) -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    stat = f"7 (a) b (c) S 1 7 7 0 -1 0 0 0 0 0 {ticks} {2 * ticks} {3 * ticks} {4 * ticks} 20 0 1 0\n"
    nothing = ProcessTable(os.getuid(), str(tmp_path))
    before_ms = nothing.cpu_ms()
    written(
        tmp_path, {"7/stat": stat, "7/statm": "100 25 10 1 0 20 0\n", "8/stat": "", "8/statm": "", "self/stat": stat}
    )
    assert nothing.cpu_ms() - before_ms == pytest.approx(10_000, abs=5)
    assert nothing.memory_bytes() == 25 * os.sysconf("SC_PAGE_SIZE")


def test_processes_of_other_users_are_not_counted(tmp_path: Path) -> None:
    written(tmp_path, {"7/statm": "100 25 10 1 0 20 0\n"})
    assert ProcessTable(os.getuid() + 1, str(tmp_path)).memory_bytes() == 0
