"""``coderunner run`` as a process against a scripted gateway: output and exit codes."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from coderunner.v1 import execution_pb2
from tests.fakes.answers import chunk, ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.servers.command import running_command
from tests.unit.cli.command import Cli


def test_it_prints_the_programs_output_and_exits_with_zero(coderunner: Cli, hello: str) -> None:
    done = coderunner("run", hello)
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")


def test_it_exits_with_the_programs_exit_code(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    gateway.script = lambda task: Script(ran(status="FAILED", exit_code=42, stderr="oh no\n"))
    done = coderunner("run", hello)
    assert (done.returncode, done.stdout, done.stderr) == (42, "", "oh no\n")


@pytest.mark.parametrize(
    ("result", "code", "words"),
    [
        (ran(status="FAILED", exit_code=None, signal=11), 139, "SIGSEGV (11)"),
        (ran("part", "TIME_LIMIT", None, signal=9, limits_hit=["wall"]), 124, "stopped at its time limit (wall)"),
        (ran("part", "MEMORY_LIMIT", None, signal=9), 137, "memory limit"),
        (ran("part", "OUTPUT_LIMIT", None, signal=9, stdout_truncated=True), 153, "output of run was cut"),
        (
            execution_pb2.Execution(status="REJECTED", error="line 1: no-eval"),
            65,
            "rejected; nothing ran: line 1: no-eval",
        ),
        (execution_pb2.Execution(status="EXPIRED"), 75, "queue deadline"),
        (execution_pb2.Execution(status="INTERNAL_ERROR", error="slot lost"), 70, "CodeRunner failed, not the program"),
        (execution_pb2.Execution(status="CANCELLED"), 130, "cancelled"),
    ],
)
def test_each_ending_has_its_exit_code_and_its_words(
    gateway: FakeGateway, coderunner: Cli, hello: str, result: execution_pb2.Execution, code: int, words: str
) -> None:
    gateway.script = lambda task: Script(result)
    done = coderunner("run", hello)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == result.run.stdout


def test_a_compile_error_shows_the_compilers_words_on_stderr(
    gateway: FakeGateway, coderunner: Cli, tmp_path: Path
) -> None:
    (tmp_path / "a.cpp").write_text("int main(")
    stage = execution_pb2.Stage(exit_code=1, stdout="note\n", stderr="a.cpp:1: expected ')'\n")
    gateway.script = lambda task: Script(execution_pb2.Execution(status="COMPILE_ERROR", compile=stage))
    done = coderunner("run", "a.cpp")
    assert (done.returncode, done.stdout) == (1, "")
    assert "expected ')'" in done.stderr
    assert "note\n" in done.stderr


def test_a_late_watcher_prints_everything_once_and_in_order(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    live = [chunk("b\n", 2), chunk("E", 0, "STDERR")]
    gateway.script = lambda task: Script(ran("a\nb\nç\n", stderr="E!"), live=live)
    done = coderunner("run", hello)
    assert (done.stdout, done.stderr) == ("a\nb\nç\n", "E!")


def test_output_appears_while_the_program_runs(gateway: FakeGateway, environment: dict[str, str], hello: str) -> None:
    hold = threading.Event()
    gateway.script = lambda task: Script(ran("tick\ntock\n"), live=[chunk("tick\n")], hold=hold)
    with running_command("run", hello, environment=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"tick\n"  # the result is still held back
        hold.set()
        assert process.stdout.read() == b"tock\n"
        assert process.wait(30) == 0


def test_json_prints_the_execution_with_the_protos_names(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    gateway.script = lambda task: Script(ran("é\n", status="FAILED", exit_code=None, signal=11))
    done = coderunner("run", "--json", "--idempotency-key", "k", "--label", "a=b", hello)
    assert done.returncode == 139
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == {
        "id": "t-k",
        "status": "FAILED",
        "language": "python",
        "language_version": "3.13.5",
        "node_id": "node-1",
        "attempt": 1,
        "queued_ms": 1.5,
        "labels": {"a": "b"},
        "compile": None,
        "run": {
            "exit_code": None,
            "signal": 11,
            "stdout": "é\n",
            "stderr": "",
            "stdout_truncated": False,
            "stderr_truncated": False,
            "stdout_invalid_utf8": False,
            "stderr_invalid_utf8": False,
            "wall_ms": 12.5,
            "cpu_ms": 9.0,
            "peak_memory_bytes": 8388608,
            "limits_hit": [],
            "stdout_data": None,
            "stderr_data": None,
        },
        "cases": [],
        "error": "",
        "warnings": [],
        "submitted_at_ms": 0,
        "finished_at_ms": 2000,
        "diagnostics": [],
        "cached_at_ms": 0,
        "not_kept": "",
        "files": [],
        "packages": [],
        "tests": [],
    }


def _with_tests() -> execution_pb2.Execution:
    result = ran("1 failed\n", status="FAILED", exit_code=1)
    result.tests.add(name="test_good", suite="test_a.py", status="PASSED", duration_ms=1.25)
    result.tests.add(
        name="test_bad\x1b[2J", suite="test_a.py", status="FAILED", message="1 != 2\nmore", file="test_a.py", line=7
    )
    return result


def test_tests_are_a_table_and_a_report_for_build_servers(
    gateway: FakeGateway, coderunner: Cli, hello: str, tmp_path: Path
) -> None:
    gateway.script = lambda task: Script(_with_tests())
    xml = tmp_path / "report.xml"
    done = coderunner("run", "--tests", "pytest", "--junit", str(xml), hello)
    assert gateway.of("Submit")[-1].task.test_framework == "pytest"
    assert done.returncode == 1
    assert [line.split() for line in done.stdout.splitlines()[2:4]] == [
        ["test_a.py", "test_good", "PASSED", "1.2"],
        ["test_a.py", "test_bad\\x1b[2J", "FAILED", "0.0", "test_a.py:7", "1", "!=", "2\\nmore"],
    ]
    assert done.stdout.endswith("1 passed, 1 failed\n")
    suite = Xml.fromstring(xml.read_bytes()).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert [case.get("name") for case in suite] == ["test_good", "test_bad\ufffd[2J"]
    failure = suite[1].find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("1 != 2", "more")


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--junit", "a.xml"], "--junit needs --tests"), (["--tests", "pytest", "--cases", "."], "exclude each other")],
)
def test_options_of_tests_that_do_not_fit_are_refused(
    coderunner: Cli, hello: str, options: list[str], words: str
) -> None:
    done = coderunner("run", *options, hello)
    assert (done.returncode, words in done.stderr) == (2, True)
