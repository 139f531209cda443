"""The command ``coderunner-node languages``, without an engine."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.http import HttpServer
from chassis.metrics import Registry
from chassis.settings import ConfigurationError
from node import command_line
from node.catalogue.arguments import WrongUseError, wanted
from node.catalogue.running_node import RunningNode
from node.catalogue.table import as_json, as_table, rows
from node.domain.chosen import Choice
from node.infrastructure.told_languages import LANGUAGES_PATH, ToldLanguage, read_told, told_languages
from tests.builders import CPP, PYTHON
from tests.unit.docker.test_languages import SMALL

DEFAULT = dataclasses.replace(PYTHON, default=True, title="Python")
OLD = dataclasses.replace(PYTHON, series="3.11", aliases=())


class Pool:
    def languages(self) -> list[tuple[object, str]]:
        return [(DEFAULT, "3.13.5")]

    def unserved(self) -> dict[str, str]:
        return {"cpp": "no image\x1b[2J"}


TOLD = told_languages(Pool(), Path("/var/lib/node"), "7-1-2")  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def node() -> AsyncIterator[RunningNode]:
    server = HttpServer("127.0.0.1:0", dict, Registry(), further={LANGUAGES_PATH: lambda: TOLD})
    await server.start()
    yield RunningNode(f"0.0.0.0:{server.port}")
    await server.close()


def test_names_come_first_then_flags_and_the_nodes_own_settings(tmp_path: Path) -> None:
    asked = wanted(["remove", "lua", "perl", "lua", "--state-dir", str(tmp_path), "--image"])
    assert (asked.action, asked.names, set(asked.flags)) == ("remove", ("lua", "perl"), {"--image"})
    assert asked.settings.state_dir == tmp_path


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [([], "what"), (["eat"], "'eat' is none"), (["add"], "at least one name"), (["list", "lua"], "no names")],
)
def test_what_cannot_be_meant_is_said(arguments: list[str], complaint: str) -> None:
    with pytest.raises(WrongUseError, match=complaint):
        wanted(arguments)


def test_a_flag_of_another_action_is_unknown() -> None:
    with pytest.raises(ConfigurationError, match="--image"):
        wanted(["add", "lua", "--image"])


def test_help_is_printed_and_misuse_is_exit_code_two(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command_line.main(["languages", "add", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: coderunner-node languages list")
    assert command_line.main(["languages"]) == 2
    (tmp_path / "a.toml").write_text(SMALL)
    assert command_line.main(["languages", "add", "lua", "--languages-dir", str(tmp_path)]) == 2
    assert "no language 'lua'; there are tiny" in capsys.readouterr().err
    assert command_line.main(["languages", "add", "lua", "--languages-dir", str(tmp_path / "none")]) == 1


def test_an_engine_that_does_not_answer_is_said_and_nothing_is_changed(tmp_path: Path) -> None:
    """In a process of its own: the Docker SDK leaves its socket to the collector then."""
    (tmp_path / "a.toml").write_text(SMALL)
    places = ["--languages-dir", str(tmp_path), "--state-dir", str(tmp_path / "state")]
    engine = ["--docker-socket", f"unix://{tmp_path}/nothing.sock"]
    command = [sys.executable, "-m", "node.command_line", "languages", "add", "tiny", *places, *engine]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "No Docker engine answers" in done.stderr) == (1, True), done.stderr
    assert not (tmp_path / "state").exists()


def test_the_list_tells_what_is_built_wanted_and_served() -> None:
    told = {"python": ToldLanguage(version="3.13.5"), "cpp": ToldLanguage(reason="no image")}
    choice = Choice().with_added({"cpp": "x"})
    listed = rows((CPP, DEFAULT, OLD), (), choice, told, {PYTHON.image: 5 << 20}.get)  # type: ignore[arg-type]
    assert [line.split() for line in as_table(listed).splitlines()] == [
        ["LANGUAGE", "TITLE", "IMAGE", "SERVED"],
        ["cpp", "cpp", "not", "built", "not", "yet:", "no", "image"],
        ["python", "Python", "5", "MiB", "3.13.5"],
        ["python-3.11", "python", "5", "MiB", "no"],
    ]
    shown = json.loads(as_json(listed))
    assert [(one["language"], one["wanted"], one["served"]) for one in shown] == [
        ("cpp", True, False),
        ("python", True, True),
        ("python-3.11", False, False),
    ]


def test_where_no_node_answers_the_list_does_not_say_what_is_served() -> None:
    listed = rows((DEFAULT, OLD), (), Choice(), None, lambda _tag: 0)
    assert [row.served for row in listed] == [None, None]
    assert as_table(listed).splitlines()[1].endswith("when the node runs")


async def test_a_running_node_tells_its_languages(node: RunningNode) -> None:
    told = await asyncio.to_thread(node.wait, lambda told: "python" in told.languages, 5.0)
    assert told == read_told(TOLD)
    assert (told.state_dir, told.choice) == ("/var/lib/node", "7-1-2")
    assert told.languages == {
        "python": ToldLanguage(version="3.13.5"),
        "cpp": ToldLanguage(reason="no image\x1b[2J"),
    }


def test_no_node_is_none() -> None:
    assert RunningNode("127.0.0.1:1").languages() is None
    assert RunningNode("127.0.0.1:1").wait(lambda _told: False, 5) is None
