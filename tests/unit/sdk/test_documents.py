"""What the page of the command says of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from coderunner.cli import exit_codes
from coderunner.cli.app import cli
from coderunner.cli.mcp.answers import RunAnswer
from coderunner.cli.mcp.arguments import RunArguments, asked_for
from coderunner.cli.mcp.bounds import PIECES, RUNS, Bounds
from coderunner.cli.mcp.command import mcp
from dev.docs.markdown import blocks
from tests.unit.documents.command_lines import check

ROOT = Path(__file__).resolve().parents[3]
MCP_PAGE = (ROOT / "docs" / "mcp.md").read_text("utf-8")


def test_every_exit_code_is_in_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    codes = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes


def test_every_command_is_in_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert [name for name in cli.list_commands(None) if f"`{name}" not in page] == []  # type: ignore[arg-type]  # needs no context


def test_every_option_for_assistants_is_in_the_page_and_no_other() -> None:
    section = (ROOT / "docs" / "cli.md").read_text("utf-8").partition("## Assistants")[2].partition("\n## ")[0]
    options = {name for parameter in mcp.params for name in parameter.opts}
    assert set(re.findall(r"^\| `(--[\w-]+)", section, re.MULTILINE)) == options


def test_what_a_host_is_to_be_told_starts_the_command_and_what_it_asks_is_taken() -> None:
    shown = [json.loads(one.code) for one in blocks(MCP_PAGE) if one.language == "json"]
    started = (shown[0]["mcpServers"]["coderunner"], shown[1])
    for one in started:
        check([one["command"], *one["args"]])
    (asked,) = [one for one in shown if "language" in one]
    assert asked_for(asked).options["stdin"] == "1\n2\n3\n"


def test_the_page_for_assistants_has_every_argument_and_every_field_and_the_bounds() -> None:
    named = set(re.findall(r"`(\w+)`", MCP_PAGE))
    fields = {name for name in RunAnswer.model_fields if not name.endswith("_cut_chars")}
    assert (fields | set(RunArguments.model_fields)) - named == set()
    assert "(`stdout_cut_chars`)" in MCP_PAGE
    assert all(words in MCP_PAGE for words in (f"{PIECES} notifications", f"{RUNS} programs are under way"))
    assert f"({Bounds().output_chars:,})" in MCP_PAGE
