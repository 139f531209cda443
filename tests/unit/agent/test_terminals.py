"""The door of pseudo-terminals, on a file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from node.agent.terminals import shut_terminals


def test_everybodys_door_is_roots(tmp_path: Path) -> None:
    door = tmp_path / "ptmx"
    door.touch(0o666)
    shut_terminals(str(door))
    assert stat.S_IMODE(door.stat().st_mode) == 0o600


def test_no_door_is_as_good(tmp_path: Path) -> None:
    shut_terminals(str(tmp_path / "ptmx"))


def test_a_door_that_cannot_be_shut_ends_the_agent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="cannot be shut"):
        shut_terminals(str(tmp_path / "file" / "ptmx"))
