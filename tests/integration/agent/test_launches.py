"""What a program is started with: its files, its command, its input."""

from __future__ import annotations

import pytest

from tests.integration.agent.attached import MIB, AttachedAgent
from tests.integration.agent.slot_checks import HELLO, assert_works


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize(
    "name", ["../out", "/etc/out", "a/../../out", ".", "..", "", "a//b", "a/./b", "x" * 300, "main.py/inside"]
)
def test_a_name_that_leads_out_is_refused_and_nothing_runs(python_slot: AttachedAgent, name: str, warm: bool) -> None:
    report = python_slot.run({"main.py": "print('ran')", name: "x"}, ["python3", "main.py"], warm=warm)
    assert (report.exited["type"], report.stdout, report.clean["ok"]) == ("failed", b"", True)
    assert_works(python_slot)


def test_a_name_with_a_nul_is_survived(own_python_slot: AttachedAgent) -> None:
    report = own_python_slot.run({"main.py": HELLO, "nul\0": "x"}, ["python3", "main.py"])
    assert (report.exited["type"], report.clean["ok"]) == ("failed", True)


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_files_that_do_not_fit_are_our_failure_and_are_wiped(python_slot: AttachedAgent, warm: bool) -> None:
    report = python_slot.run({"main.py": HELLO, "big": b"x" * (70 * MIB)}, ["python3", "main.py"], warm=warm)
    assert (report.exited["type"], report.clean["ok"]) == ("failed", True)
    assert_works(python_slot)


def test_files_in_folders_arrive_with_their_modes(cold_slot: AttachedAgent) -> None:
    report = cold_slot.run(
        {"a/b/c.txt": b"\x00\xff", "é\n": "x"}, ["sh", "-c", "od -An -tx1 a/b/c.txt; stat -c %a a a/b/c.txt; ls"]
    )
    assert report.stdout.decode().split() == ["00", "ff", "755", "644", "a", "é"]


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["/nowhere/at/all"], 127, b"No such file"),
        (["main.py"], 127, b"No such file"),
        (["./main.py"], 127, b"Permission denied"),
        (["/etc"], 127, b"Permission denied"),
        (["sh", "-c", "kill -9 $$"], None, b""),
    ],
)
def test_a_command_that_cannot_be_started_says_so(
    cold_slot: AttachedAgent, command: list[str], code: int | None, words: bytes
) -> None:
    report = cold_slot.run({"main.py": HELLO}, command)
    assert report.exit_code == code
    assert words in report.stderr
    assert report.clean["ok"]


@pytest.mark.parametrize("command", [["nul\0"], ["sh", "-c", "nul\0"]])
def test_a_command_that_no_kernel_takes_is_survived(own_python_slot: AttachedAgent, command: list[str]) -> None:
    report = own_python_slot.run({"main.py": HELLO}, command, warm=False)
    assert report.exited["type"] == "failed" or report.exit_code == 127
    assert_works(own_python_slot)


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 1_000_000, 8_000_000])
@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_standard_input_of_any_size_arrives_whole(python_slot: AttachedAgent, size: int, warm: bool) -> None:
    source = "import hashlib, sys\ndata = sys.stdin.buffer.read()\nprint(len(data), data.count(b'y'))"
    report = python_slot.python(source, stdin=b"y" * size, warm=warm)
    assert report.stdout == f"{size} {size}\n".encode()


@pytest.mark.parametrize(
    "source", ["pass", "import os\nos.close(0)", "input()", "import os\nos.execv('/bin/true', ['true'])"]
)
def test_input_that_is_not_read_holds_nobody_up(python_slot: AttachedAgent, source: str) -> None:
    report = python_slot.python(source, stdin=b"line\n" * 1_000_000)
    assert (report.ending, report.exit_code, report.clean["ok"]) == ("exited", 0, True)
    assert report.wall_ms < 3_000
