"""Every command that is shown exists, and takes the arguments that it is shown with."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from google.protobuf.json_format import ParseError

from dev.paths import REPOSITORY
from tests.unit.documents.command_lines import check
from tests.unit.documents.pages import Shown, shown
from tests.unit.documents.shell import commands

FILES = ("hello.py", "Main.java", "in.txt", "name.txt")


@pytest.fixture
def readers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the reader of a page stands: his own files, and this checkout's examples."""
    for name in FILES:
        (tmp_path / name).touch()
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("readers_folder")
@pytest.mark.parametrize("one", shown("sh"), ids=str)
def test_each_command_is_one_that_there_is(one: Shown) -> None:
    found = commands(one.block.code)
    assert found
    for command in found:
        check(command)


@pytest.mark.usefixtures("readers_folder")
@pytest.mark.parametrize(
    "wrong",
    [
        "make frob",
        "make bench ARGS=frob",
        "make test ARGS=tests/unit/nowhere",
        "coderunner frob",
        "coderunner run hello.py --frob",
        "coderunner keys frob",
        "coderunner-gateway nats-conf --frob",
        "coderunner-node images build --frob",
        "python -m bench.peers --frob",
        "python -m bench.nowhere",
        "docker build --file deploy/nowhere/Dockerfile .",
        "bus stream get CODERUNNER_FROB",
        "bus sub 'coderunner.v1.frob.>'",
        """grpcurl -d '{"frob": 1}' 127.0.0.1:1 coderunner.v1.ExecutionService/Execute""",
        "grpcurl 127.0.0.1:1 coderunner.v1.ExecutionService/Frob",
        "frob",
    ],
)
def test_a_command_that_there_is_not_would_be_seen(wrong: str) -> None:
    (command,) = commands(wrong)
    with pytest.raises((AssertionError, click.ClickException, KeyError, ParseError, ModuleNotFoundError)):
        check(command)


def test_a_block_is_taken_apart_as_a_shell_does() -> None:
    code = "A=1 one --x 'a b' > out   # said\ntwo \\\n  --y && three | four\n"
    assert commands(code) == [["one", "--x", "a b"], ["two", "--y"], ["three"], ["four"]]
