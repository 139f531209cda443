"""The targets of the Makefile."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from dev import dist
from dev.__main__ import COMMANDS, main, program_of
from dev.lock import requirements

REPOSITORY = Path(__file__).resolve().parents[3]
WITHOUT_DOCKER = ("unit", "check", "fix", "proto", "dist", "lock")


def test_make_help_lists_every_target_and_no_other() -> None:
    said = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^make ([\w-]+)  ", said, re.MULTILINE)
    assert sorted(listed) == sorted([*COMMANDS, "stop", "clean"])


def test_a_demo_builds_nothing_that_installs_packages_and_the_tests_have_all_of_it() -> None:
    assert COMMANDS["demo"].needs.images
    assert not COMMANDS["demo"].needs.installers
    assert COMMANDS["test"].needs.installers


def test_every_target_asks_for_lock_files_that_there_are() -> None:
    assert {lock for command in COMMANDS.values() for lock in command.needs.locks} <= requirements().keys()


@pytest.mark.parametrize("name", WITHOUT_DOCKER)
def test_what_needs_no_docker_prepares_none(name: str) -> None:
    needs = COMMANDS[name].needs
    assert (needs.engine, needs.gvisor, needs.images) == (False, False, False)


def test_make_unit_runs_the_paths_that_it_is_given_and_all_of_its_own_otherwise() -> None:
    assert program_of("unit", []) == COMMANDS["unit"].program
    assert program_of("unit", ["-k", "redriving"]) == COMMANDS["unit"].program
    assert program_of("unit", ["tests/unit/dev/test_commands.py::nothing"]) == ("-m", "pytest", "--fakes")
    assert program_of("test", ["tests/unit"]) == COMMANDS["test"].program


def test_a_command_that_there_is_not_is_told_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["frob"]):
        assert main(arguments) == 2
        assert "mutants" in capsys.readouterr().out


def test_make_dist_takes_no_option_for_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        dist.main(["--frob"])
    assert ended.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err
