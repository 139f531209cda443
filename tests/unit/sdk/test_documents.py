"""What the page of the command says of it."""

from __future__ import annotations

import re
from pathlib import Path

from coderunner.cli import exit_codes
from coderunner.cli.app import cli

ROOT = Path(__file__).resolve().parents[3]


def test_every_exit_code_is_in_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    codes = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes


def test_every_command_is_in_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert [name for name in cli.list_commands(None) if f"`{name}" not in page] == []  # type: ignore[arg-type]  # needs no context
