"""Programs that take all the memory, in every way there is, and programs that only look like it."""

from typing import Any

import pytest

from tests.attacks.arena import Arena, Attack, Ended, assert_harmless

BOMB: dict[str, Any] = {
    "status": ["MEMORY_LIMIT"],
    "hits": "memory",
    "limits": {"memory_bytes": 64 << 20, "disk_bytes": 256 << 20},  # what is filled with files meets this one first
}

BUFFERS: dict[str, Any] = {
    "status": ["SUCCEEDED", "MEMORY_LIMIT"],  # the latter where they count as the slot's memory
    "limits": {"memory_bytes": 32 << 20, "open_files": 256},
}


def _ended_by_itself(ended: Ended) -> None:
    assert ended.signal == 9
    assert "memory" not in ended.limits_hit


def _is_told(ended: Ended) -> None:
    assert ended.wall_ms > 0
    assert ended.cpu_ms > 0


def _segfault(ended: Ended) -> None:
    assert ended.signal == 11


ATTACKS = [
    Attack(name="heap", program="python/heap_bomb.py", prints="growing", **BOMB),
    Attack(name="mmap", program="cpp/mmap_bomb.cpp", prints="mapping", **BOMB),
    Attack(name="many processes", program="python/family_memory_bomb.py", **BOMB),
    Attack(name="files in memory", program="python/tmpfs_bomb.py", prints="filling", **BOMB),
    Attack(name="anonymous files", program="python/memfd_bomb.py", prints="growing", **BOMB),
    Attack(name="hiding from the OOM killer", program="cpp/oom_shield.cpp", prints="shielded", check=_is_told, **BOMB),
    Attack(name="memory that is nobody's", program="python/oom_shield.py", prints="shielded", check=_is_told, **BOMB),
    Attack(
        name="SIGKILL to itself is no memory limit",
        program="python/suicide.py",
        status=["FAILED"],
        prints="going",
        check=_ended_by_itself,
    ),
    Attack(
        name="file locks",
        program="cpp/file_locks.cpp",
        prints="locking",
        status=["MEMORY_LIMIT", "TIME_LIMIT"],  # the latter where they count as the slot's memory
        limits={"memory_bytes": 64 << 20, "wall_ms": 5_000},
    ),
    Attack(name="buffers of TCP", program="python/socket_memory.py", args=["tcp"], **BUFFERS),
    Attack(name="buffers of UDP", program="python/socket_memory.py", args=["udp"], **BUFFERS),
    Attack(
        name="a stack that overflows",
        program="cpp/stack_overflow.cpp",
        status=["FAILED"],
        prints="falling",
        check=_segfault,
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_memory_has_its_limit(arena: Arena, attack: Attack) -> None:
    assert_harmless(arena, attack)
