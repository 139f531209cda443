"""The bound on a container's sockets, on files like the host's."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.infrastructure.docker.slot.socket_memory import MAX_SOCKET_BYTES, bound_socket_memory


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "proc" / "7").mkdir(parents=True)
    return tmp_path / "proc"


def test_the_account_of_cgroup_v1_gets_its_limit(tmp_path: Path, proc: Path) -> None:
    (proc / "7" / "cgroup").write_text("4:memory:/docker/abc\n0::/docker/abc\n")
    group = tmp_path / "cgroup" / "memory" / "docker" / "abc"
    group.mkdir(parents=True)
    assert bound_socket_memory(7, tmp_path / "cgroup", proc) == ""
    assert (group / "memory.kmem.tcp.limit_in_bytes").read_text() == str(MAX_SOCKET_BYTES)


def test_cgroup_v2_counts_them_by_itself(tmp_path: Path, proc: Path) -> None:
    (proc / "7" / "cgroup").write_text("0::/system.slice/docker-abc.scope\n")
    group = tmp_path / "cgroup" / "system.slice" / "docker-abc.scope"
    group.mkdir(parents=True)
    (group / "memory.current").write_text("1\n")
    assert bound_socket_memory(7, tmp_path / "cgroup", proc) == ""
    assert [file.name for file in group.iterdir()] == ["memory.current"]


@pytest.mark.parametrize("lines", ["4:memory:/docker/abc\n0::/docker/abc\n", "0::/\n", ""])
def test_what_is_out_of_reach_is_told(tmp_path: Path, proc: Path, lines: str) -> None:
    (proc / "7" / "cgroup").write_text(lines)
    assert bound_socket_memory(7, tmp_path / "cgroup", proc) != ""
    assert bound_socket_memory(8, tmp_path / "cgroup", proc) != ""
