"""The host's account of a slot's processor time, on directories laid out as the two cgroup versions do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from node.infrastructure.docker.slot.processor import open_processor_account

VERSIONS = [
    ("5:cpu,cpuacct:/docker/c", "cpuacct/docker/c/cpuacct.usage", "{}000000"),
    ("0::/docker/c", "docker/c/cpu.stat", "usage_usec {}000\nuser_usec 1\n"),
]


def lay_out(root: Path, line: str, name: str) -> Path:
    (root / "proc" / "7").mkdir(parents=True)
    (root / "proc" / "7" / "cgroup").write_text(f"9:pids:/docker/c\n{line}\n")
    file = root / "cgroup" / name
    file.parent.mkdir(parents=True)
    return file


@pytest.mark.parametrize(("line", "name", "text"), VERSIONS)
def test_processor_time_is_counted_from_the_start_and_known_after_the_end(
    tmp_path: Path, line: str, name: str, text: str
) -> None:
    file = lay_out(tmp_path, line, name)
    file.write_text(text.format(100))
    account = open_processor_account(7, looks=False, root=tmp_path / "cgroup", proc=tmp_path / "proc")
    assert account is not None
    file.write_text(text.format(150))
    account.start()
    file.write_text(text.format(180))
    assert account.used_ms() == 30
    account.close()
    account.close()
    assert account.used_ms() == 30


@pytest.mark.parametrize(("line", "name", "text"), VERSIONS)
async def test_it_is_looked_at_meanwhile_where_the_end_takes_the_files_away(
    tmp_path: Path, line: str, name: str, text: str
) -> None:
    file = lay_out(tmp_path, line, name)
    file.write_text(text.format(100))
    account = open_processor_account(7, looks=True, root=tmp_path / "cgroup", proc=tmp_path / "proc")
    assert account is not None
    account.start()
    file.write_text(text.format(140))
    timer = account._file._timer
    assert timer is not None
    looked = asyncio.Event()
    asyncio.get_running_loop().call_at(timer.when() + 0.001, looked.set)
    await looked.wait()
    file.write_text("")
    assert account.used_ms() == 40
    account.close()


def test_where_the_file_is_out_of_reach_there_is_no_account(tmp_path: Path) -> None:
    lay_out(tmp_path, "0::/elsewhere", "docker/c/cpu.stat")
    assert open_processor_account(7, looks=False, root=tmp_path / "cgroup", proc=tmp_path / "proc") is None
