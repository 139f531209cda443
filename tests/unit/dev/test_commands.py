"""The targets of the Makefile."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from dev.__main__ import COMMANDS
from dev.lock import requirements

REPOSITORY = Path(__file__).resolve().parents[3]
WITHOUT_DOCKER = ("unit", "check", "fix", "proto", "dist", "lock")


def test_make_help_lists_every_target_and_no_other() -> None:
    said = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^make (\w+)  ", said, re.MULTILINE)
    assert sorted(listed) == sorted([*COMMANDS, "stop", "clean"])


def test_every_target_asks_for_lock_files_that_there_are() -> None:
    assert {lock for command in COMMANDS.values() for lock in command.needs.locks} <= requirements().keys()


@pytest.mark.parametrize("name", WITHOUT_DOCKER)
def test_what_needs_no_docker_prepares_none(name: str) -> None:
    needs = COMMANDS[name].needs
    assert (needs.engine, needs.gvisor, needs.images) == (False, False, False)
