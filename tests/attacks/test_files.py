"""Programs that fill, plant, swap and hide files."""

from typing import Any

import pytest

from tests.attacks.arena import Arena, Attack, Ended, assert_harmless

LEFT: dict[str, Any] = {"status": ["SUCCEEDED"], "prints": "left"}
TRIED: dict[str, Any] = {"status": ["SUCCEEDED"], "prints": "tried"}


def _inodes_have_a_bound_or_a_price(ended: Ended) -> None:
    """gVisor has no bound for them: they are memory of the task, and the slot is replaced if that is not free again."""
    if ended.stdout == "full\n":
        assert "disk" in ended.limits_hit
    else:
        assert ended.stdout == "no bound in gVisor\n"
        assert ended.peak_memory_bytes > 64 << 20


ATTACKS = [
    Attack(name="disk filling", program="python/disk_bomb.py", status=["SUCCEEDED"], prints="full True", hits="disk"),
    Attack(
        name="files beside the work directory",
        program="python/files_everywhere.py",
        status=["FAILED"],
        prints="writing",
        hits="disk",
        limits={"disk_bytes": 4_096},
    ),
    Attack(
        name="inode filling",
        program="python/inode_bomb.py",
        status=["SUCCEEDED"],
        check=_inodes_have_a_bound_or_a_price,
    ),
    Attack(name="files with holes", program="python/sparse_bomb.py", **TRIED),
    Attack(name="descriptors without end", program="python/descriptor_bomb.py", status=["SUCCEEDED"], prints="refused"),
    Attack(name="deep trees", program="python/deep_tree.py", **LEFT),
    Attack(name="names that are not names", program="python/strange_names.py", **LEFT),
    Attack(name="planted links", program="python/planted_links.py", status=["SUCCEEDED"], prints="planted"),
    Attack(
        name="a replaced work directory", program="python/replaced_workdir.py", status=["SUCCEEDED"], prints="replaced"
    ),
    Attack(name="pipes, sockets, devices", program="python/fifos_and_devices.py", **TRIED),
    Attack(
        name="swapping while it is wiped",
        program="cpp/wipe_race.cpp",
        status=["SUCCEEDED"],
        prints="racing",
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_files_stay_in_the_slot_and_go(arena: Arena, attack: Attack) -> None:
    assert_harmless(arena, attack)


def test_a_race_against_the_wipe_is_lost_every_time(arena: Arena) -> None:
    attack = next(attack for attack in ATTACKS if attack.program == "cpp/wipe_race.cpp")
    for _ in range(5):
        assert_harmless(arena, attack)
