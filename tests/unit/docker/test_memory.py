"""The host's account of a slot's memory, on directories laid out as the two cgroup versions do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from node.infrastructure.docker.slot.memory import open_account, open_held_memory, open_kill_counter

MIB = 1 << 20


def lay_out(root: Path, line: str, folder: str, usage: str, peak: str) -> Path:
    (root / "proc" / "7").mkdir(parents=True)
    (root / "proc" / "7" / "cgroup").write_text(f"12:cpu:/docker/c\n{line}\n")
    group = root / "cgroup" / folder
    group.mkdir(parents=True)
    (group / usage).write_text("1000\n")
    (group / peak).write_text("9999\n")
    (group / "memory.stat").write_text("cache 700\nfile 700\nshmem 100\n")
    for limit in ("memory.limit_in_bytes", "memory.max"):
        (group / limit).write_text(f"{64 * MIB}\n")
    return group / peak


def cached(group: Path, cache: int) -> None:
    (group / "memory.stat").write_text(f"cache {cache + 50}\nfile {cache + 50}\nshmem 50\n")


@pytest.mark.parametrize(
    ("line", "folder", "usage", "peak"),
    [
        ("9:memory:/docker/c", "memory/docker/c", "memory.usage_in_bytes", "memory.max_usage_in_bytes"),
        ("0::/docker/c", "docker/c", "memory.current", "memory.peak"),
    ],
)
def test_the_peak_is_counted_from_what_was_there_before(
    tmp_path: Path, line: str, folder: str, usage: str, peak: str
) -> None:
    mark = lay_out(tmp_path, line, folder, usage, peak)
    account = open_account(7, tmp_path / "cgroup", tmp_path / "proc")
    assert account is not None
    assert account.peak_bytes() is None
    account.start()
    assert mark.read_text().startswith("0")
    mark.write_text("5000\n")
    assert account.peak_bytes() == 4000
    assert account.peak_bytes(before_bytes=3000) == 2000, "an interpreter was starting when it began to count"
    mark.write_text("10\n")
    assert account.peak_bytes() == 0
    mark.write_text("nonsense\n")
    assert account.peak_bytes() is None
    account.close()
    account.close()


@pytest.mark.parametrize(
    ("line", "folder", "usage", "peak"),
    [
        ("9:memory:/docker/c", "memory/docker/c", "memory.usage_in_bytes", "memory.max_usage_in_bytes"),
        ("0::/docker/c", "docker/c", "memory.current", "memory.peak"),
    ],
)
def test_the_cache_that_made_room_for_the_program_is_added_to_its_peak(
    tmp_path: Path, line: str, folder: str, usage: str, peak: str
) -> None:
    mark = lay_out(tmp_path, line, folder, usage, peak)
    account = open_account(7, tmp_path / "cgroup", tmp_path / "proc")
    assert account is not None
    (mark.parent / usage).write_text(f"{40 * MIB}\n")
    cached(mark.parent, 30 * MIB)
    account.rest()
    account.start()
    cached(mark.parent, 10 * MIB)
    mark.write_text(f"{50 * MIB}\n")
    assert account.peak_bytes() == 10 * MIB, "the limit was not met: what became of the cache is no matter"
    mark.write_text(f"{63 * MIB}\n")
    assert account.peak_bytes() == 43 * MIB
    cached(mark.parent, 35 * MIB)
    assert account.peak_bytes() == 23 * MIB
    account.close()


def test_where_the_files_are_out_of_reach_there_is_no_account(tmp_path: Path) -> None:
    assert open_account(7, tmp_path, tmp_path) is None
    lay_out(tmp_path, "0::/elsewhere", "docker/c", "memory.current", "memory.peak")
    assert open_account(7, tmp_path / "cgroup", tmp_path / "proc") is None


def test_the_whole_hosts_account_is_not_taken_for_a_slots(tmp_path: Path) -> None:
    lay_out(tmp_path, "0::/", "", "memory.current", "memory.peak")
    assert open_account(7, tmp_path / "cgroup", tmp_path / "proc") is None


@pytest.mark.parametrize(
    ("line", "folder", "name"),
    [
        ("9:memory:/docker/c", "memory/docker/c", "memory.oom_control"),
        ("0::/docker/c", "docker/c", "memory.events"),
    ],
)
async def test_only_kills_since_the_start_count(tmp_path: Path, line: str, folder: str, name: str) -> None:
    lay_out(tmp_path, line, folder, "usage", "peak")
    file = tmp_path / "cgroup" / folder / name
    file.write_text("oom_group_kill 5\nunder_oom 0\noom_kill 2\n")
    kills = open_kill_counter(7, tmp_path / "cgroup", tmp_path / "proc")
    assert kills is not None
    assert not kills.rose()
    file.write_text("oom_group_kill 5\nunder_oom 0\noom_kill 3\n")
    assert kills.rose()
    kills.start()
    assert not kills.rose()
    file.write_text("")
    assert not kills.rose()
    kills.stop()
    kills.close()
    kills.close()
    assert open_kill_counter(8, tmp_path / "cgroup", tmp_path / "proc") is None


async def test_a_kill_is_seen_though_the_files_are_gone_when_somebody_asks(tmp_path: Path) -> None:
    lay_out(tmp_path, "0::/docker/c", "docker/c", "usage", "peak")
    file = tmp_path / "cgroup" / "docker" / "c" / "memory.events"
    file.write_text("oom_kill 0\n")
    kills = open_kill_counter(7, tmp_path / "cgroup", tmp_path / "proc")
    assert kills is not None
    kills.start()
    file.write_text("oom_kill 1\n")
    async with asyncio.timeout(5):
        while not kills._rose:  # noqa: ASYNC110 - the timer under test tells nobody
            await asyncio.sleep(0)
    file.write_text("")
    assert kills.rose()
    kills.close()


@pytest.mark.parametrize(
    ("line", "folder", "stat"),
    [
        ("9:memory:/docker/c", "memory/docker/c", "cache 900\nrss 70\nshmem 50\ntotal_rss 5000\n"),
        ("0::/docker/c", "docker/c", "anon 70\nfile 900\nshmem 50\n"),
    ],
)
def test_what_is_held_leaves_out_what_the_kernel_can_take_back(
    tmp_path: Path, line: str, folder: str, stat: str
) -> None:
    file = lay_out(tmp_path, line, folder, "usage", "peak").with_name("memory.stat")
    file.unlink()
    assert open_held_memory(7, 100, tmp_path / "cgroup", tmp_path / "proc") is None
    file.write_text(stat)
    held = open_held_memory(7, 100, tmp_path / "cgroup", tmp_path / "proc")
    assert held is not None
    assert held.excess_bytes() == 20
    file.write_text(stat.replace("70", "10"))
    assert held.excess_bytes() == 0
    file.write_text("rss much\nanon much\n")
    assert held.excess_bytes() == 0
    held.close()
    held.close()
