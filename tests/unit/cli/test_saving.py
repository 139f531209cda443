"""``coderunner run --save``: whatever a program calls its files, they are written below the folder or not at all."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import click
import pytest

from coderunner import CodeRunnerError, Execution, OutputFile, Status
from coderunner.cli.saving import download, save
from coderunner.v1 import execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.command import Cli


def ended(*files: OutputFile) -> Execution:
    return Execution(id="t1", status=Status.SUCCEEDED, language="python", files=files)


def a_file(name: str, data: bytes | None = b"1") -> OutputFile:
    return OutputFile(name, 1, data=data)


def fetch(_file: OutputFile, path: Path) -> None:
    path.write_bytes(b"fetched")


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["../a", "/a", "out/../../a", "out\\..\\..\\a", "", ".", "out/..", "\\a"])
def test_a_name_that_may_leave_the_folder_is_passed_over_and_told(tmp_path: Path, name: str) -> None:
    told = list(save(ended(a_file(name), a_file("out/b")), tmp_path / "saved", fetch))
    assert files_in(tmp_path) == {"saved/out/b"}
    assert "leaves the folder" in told[0]
    assert told[1].startswith("wrote out/b")


def test_no_link_that_is_there_leads_out_of_the_folder(tmp_path: Path) -> None:
    saved, other = tmp_path / "saved", tmp_path / "other"
    saved.mkdir()
    other.mkdir()
    (saved / "out").symlink_to(other)
    (saved / "a").symlink_to(other / "a")
    (saved / "round").symlink_to("round")
    told = list(save(ended(a_file("out/b"), a_file("a"), a_file("round/c"), a_file("d")), saved, fetch))
    assert files_in(other) == set()
    assert [sentence.startswith("wrote") for sentence in told] == [False, False, False, True]


def test_what_was_not_brought_back_is_told(tmp_path: Path) -> None:
    (told,) = save(ended(a_file("big", None)), tmp_path, fetch)
    assert "big" in told
    assert "too large" in told


def test_what_was_too_large_for_the_result_is_fetched(tmp_path: Path) -> None:
    (told,) = save(ended(OutputFile("big", 7, place="p1")), tmp_path, fetch)
    assert (tmp_path / "big").read_bytes() == b"fetched"
    assert told.startswith("wrote big")


async def test_a_download_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"1"
        raise CodeRunnerError("gone")

    with pytest.raises(CodeRunnerError):
        await download(pieces(), tmp_path / "big")
    assert files_in(tmp_path) == set()


def test_a_file_that_cannot_be_written_ends_it_with_why(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(click.ClickException, match="cannot write"):
        list(save(ended(a_file("out/b")), tmp_path, fetch))


def test_the_outcome_is_told_also_where_its_files_cannot_be_written(
    gateway: FakeGateway, coderunner: Cli, hello: str, tmp_path: Path
) -> None:
    result = ran(status="FAILED", exit_code=42, stdout="42\n")
    result.files.append(execution_pb2.OutputFile(name="out/a", size=1, data=b"1"))
    gateway.script = lambda task: Script(result)
    (tmp_path / "out").write_text("a file")
    done = coderunner("run", "--json", "--save", str(tmp_path), hello)
    assert json.loads(done.stdout)["run"]["exit_code"] == 42
    assert "cannot write" in done.stderr
    assert done.returncode == 2
