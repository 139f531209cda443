"""What ``coderunner run`` says when it cannot run anything: one sentence, and an exit code."""

from __future__ import annotations

import os
from pathlib import Path

import grpc
import pytest

from coderunner.v1 import execution_pb2
from tests.fakes.answers import invalid, queue_full
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.command import Cli


def test_a_full_queue_says_when_to_try_again(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    gateway.failures = [queue_full(3)]
    done = coderunner("run", hello)
    assert (done.returncode, done.stderr) == (75, "coderunner: the queue is full. Try again in 3 s.\n")


def test_what_the_gateway_finds_wrong_is_one_sentence(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    gateway.failures = [invalid("task.limits.cpu_ms", "must be at most 60000")]
    done = coderunner("run", hello)
    assert (done.returncode, done.stderr) == (2, "coderunner: task.limits.cpu_ms: must be at most 60000\n")


def test_a_language_that_nobody_serves_is_said(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    gateway.failures = [grpc.StatusCode.FAILED_PRECONDITION]
    done = coderunner("run", "-l", "cobol", hello)
    assert done.returncode == 69
    assert "'coderunner languages' lists" in done.stderr


def test_a_gateway_that_is_not_there_is_said_with_what_to_do(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    gateway.stop()
    done = coderunner("run", hello)
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert "make demo" in done.stderr
    assert gateway.target in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "Missing argument 'FILE...'"),
        (["run", "missing.py"], "cannot read 'missing.py': No such file or directory"),
        (["run", "."], "cannot read '.': Is a directory"),
        (["run", "hello.py", "--json", "--raw"], "--json and --raw exclude each other"),
        (["run", "hello.xyz"], "no language is known for '.xyz'; use --language (known endings: .cc, .cpp, .py)"),
        (["run", "-"], "say which language it is with --language"),
        (["run", "hello.py", "--cpu", "0"], "Invalid value for '--cpu'"),
        (["run", "hello.py", "--cpu", "fast"], "Invalid value for '--cpu'"),
        (["run", "hello.py", "--env", "K"], "'K' is not NAME=VALUE"),
        (["run", "hello.py", "--priority", "urgent"], "Invalid value for '--priority'"),
        (["run", "hello.py", "--cases", "empty"], "there is no NAME.in in 'empty'"),
        (["run", "hello.py", "--cases", "half"], "needs either a.out or a.ans; neither is there"),
        (["run", "hello.py", "hello.py"], "two of the files have the same name"),
        (["run", "-", "hello.py"], "stands alone"),
        (["run", "-", "--stdin", "-", "-l", "python"], "cannot both come from standard input"),
        (
            ["run", "-", "--callback-headers", "shop-a", "-l", "python"],
            "need --callback",
        ),
        (["run", "hello.py", "--entry-point", "x.py"], "is none of the files"),
        (["run", "\udcff.py"], "cannot read"),
        (["nonsense"], "No such command 'nonsense'"),
        (["run", "--nonsense"], "No such option"),
    ],
)
def test_wrong_input_is_one_clear_sentence(
    coderunner: Cli, hello: str, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "hello.xyz").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "a.in").write_text("")
    done = coderunner(*[os.fsencode(argument) for argument in arguments])  # type: ignore[arg-type]  # a name may be no text
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_what_nobody_foresaw_is_a_sentence_and_no_traceback(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    result = execution_pb2.Execution.FromString(b"\x10\x63")  # status 99
    gateway.script = lambda task: Script(result)
    done = coderunner("run", hello)
    assert done.returncode == 70
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
