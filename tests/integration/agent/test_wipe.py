"""Whatever a program leaves behind, the slot is empty after, and nothing outside the slot was touched."""

from __future__ import annotations

import pytest

from tests.integration.agent.attached import AttachedAgent
from tests.integration.agent.sections import read_programs

LEFT_BEHIND = read_programs("left_behind.txt")
OUTSIDE = "cat /etc/passwd; ls -laR /opt/coderunner /etc | cksum; stat -c '%a %U %G %n' /tmp /workspace /dev/shm"
PROBE = """
import os
found = [f"{place}/{name}" for place in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue") for name in os.listdir(place)]
found += [name for name in os.listdir("/workspace") if f"/workspace/{name}" != os.getcwd()]
found += [name for name in os.listdir() if name != "main.py"]
others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
found += [p for p in others if os.stat(f"/proc/{p}").st_uid == os.getuid()]
print(found)
"""


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_nothing_is_left_of(python_slot: AttachedAgent, name: str, warm: bool) -> None:
    before = python_slot.inside(OUTSIDE)
    report = python_slot.run(LEFT_BEHIND[name], ["python3", "main.py"], warm=warm, disk_bytes=1 << 40)
    assert report.stdout == b"left\n", report
    assert report.clean["ok"], report.clean
    assert python_slot.python(PROBE).stdout == b"[]\n"
    assert python_slot.inside(OUTSIDE) == before


def test_memory_of_what_was_wiped_is_given_back(python_slot: AttachedAgent) -> None:
    for _ in range(6):
        source = "open('f', 'wb').write(b'x' * (60 << 20))\nkept = b'x' * (100 << 20)"
        report = python_slot.python(source)
        assert (report.ending, report.exit_code) == ("exited", 0), report


def test_system_v_objects_cost_the_slot_its_life(own_python_slot: AttachedAgent) -> None:
    """Where the profile lets them be made at all (it does not): they outlive every process."""
    source = "import ctypes\nprint(ctypes.CDLL(None, use_errno=True).shmget(1234, 4096, 0o1666) >= 0)"
    report = own_python_slot.python(source)
    assert report.clean["ok"] is (report.stdout == b"False\n")
