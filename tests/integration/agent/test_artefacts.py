"""What comes back of a program's folder, and what its owner may have done to it."""

from __future__ import annotations

import pytest

from tests.integration.agent.attached import MIB, AttachedAgent
from tests.integration.agent.slot_checks import assert_works


def test_artefacts_come_back_and_links_do_not(cold_slot: AttachedAgent) -> None:
    source = (
        "import os\nos.mkdir('d')\nopen('d/a.bin', 'wb').write(bytes(range(256)) * 1000)\nopen('b.bin', 'w').close()\n"
        "os.symlink('/etc/passwd', 'c.bin')\nos.symlink('/etc', 'e')\nos.link('b.bin', 'g.bin')"
    )
    report = cold_slot.python(source, collect=["*.bin", "passwd"])
    assert report.artefacts == {"b.bin": b"", "d/a.bin": bytes(range(256)) * 1000, "g.bin": b""}
    assert report.clean["ok"]


@pytest.mark.parametrize(
    "source",
    [
        "open('a.bin', 'wb').write(b'x' * 2_000_000)",
        "import os\nfd = os.open('a.bin', os.O_CREAT | os.O_WRONLY)\nos.truncate(fd, 60 << 20)",
        "for n in range(3000): open(f'{n}.bin', 'w').write('x' * 1000)",
    ],
    ids=["large", "sparse", "many"],
)
def test_artefacts_beyond_their_limit_fail_the_run_and_not_the_slot(cold_slot: AttachedAgent, source: str) -> None:
    report = cold_slot.python(source, collect=["*.bin"], collect_bytes=1_000_000)
    assert (report.ending, report.artefacts, report.clean["ok"]) == ("disk", {}, True)
    assert "disk" in report.limits_hit
    assert_works(cold_slot)


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.mkdir('d')\nos.chmod('d', 0)",
        "import os\nopen('a.bin', 'w').close()\nos.chmod('a.bin', 0)",
        "import os\nos.chmod('.', 0)",
        "import os\nos.rename(os.getcwd(), '/workspace/away')",
        "import os\nhere = os.getcwd()\nos.rename(here, '/workspace/away')\nos.symlink('/etc', here)",
        "open(b'\\xff.bin', 'w').close()",
        "import os\nfor n in range(400):\n    os.mkdir('d')\n    os.chdir('d')\nopen('a.bin', 'w').close()",
    ],
    ids=["unreadable folder", "unreadable file", "unreadable root", "moved", "linked", "not text", "deep"],
)
def test_artefacts_that_cannot_be_read_are_survived(cold_slot: AttachedAgent, source: str) -> None:
    report = cold_slot.python(source, collect=["*.bin"])
    assert report.exited["type"] == "exited"
    assert report.clean["ok"]
    assert_works(cold_slot)


def test_artefacts_of_100_mib_do_not_cost_the_agent_its_life(compile_slot: AttachedAgent) -> None:
    command = ["sh", "-c", "dd if=/dev/zero of=program bs=1M count=180 2>/dev/null"]
    report = compile_slot.run(
        {}, command, collect=["program"], collect_bytes=200 * MIB, disk_bytes=256 * MIB, file_bytes=256 * MIB
    )
    assert len(report.artefacts["program"]) == 180 * MIB
    assert report.clean["ok"]
