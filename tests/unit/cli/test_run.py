"""``coderunner run`` as a process against a scripted gateway."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import grpc
import pytest

from coderunner.v1 import execution_pb2
from tests.fakes.answers import chunk, invalid, queue_full, ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.conftest import COMMAND, Cli


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
    with subprocess.Popen([*COMMAND, "run", hello], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"tick\n"  # the result is still held back
        hold.set()
        assert process.stdout.read() == b"tock\n"
        assert process.wait(30) == 0


def test_ctrl_c_cancels_the_task_and_exits_with_130(
    gateway: FakeGateway, environment: dict[str, str], hello: str
) -> None:
    gateway.script = lambda task: Script(ran(), live=[chunk("ready\n")], hold=threading.Event())
    with subprocess.Popen(
        [*COMMAND, "run", hello], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == b"\n"  # the terminal shows ^C in that line
    assert len(gateway.of("Cancel")) == 1


def test_a_reader_who_goes_away_cancels_the_task(gateway: FakeGateway, environment: dict[str, str], hello: str) -> None:
    live = [chunk("y" * 100_000, 100_000 * number) for number in range(20)]
    gateway.script = lambda task: Script(ran(), live=live, hold=threading.Event())
    with subprocess.Popen(
        [*COMMAND, "run", hello], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.wait(30) == 141
        assert process.stderr.read() == b""
    assert len(gateway.of("Cancel")) == 1


def test_the_timeout_cancels_the_task(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    gateway.script = lambda task: Script(ran(), hold=threading.Event())
    done = coderunner("run", "--timeout", "0.3", hello)
    assert done.returncode == 124
    assert "no result within 0.3 s; the task is cancelled" in done.stderr
    assert len(gateway.of("Cancel")) == 1


def test_every_option_reaches_the_task(gateway: FakeGateway, coderunner: Cli, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("input")
    (tmp_path / "a.cpp").write_text("source")
    options = "--stdin in.txt --arg -x --arg y --cpu 1.5 --wall 3 --memory 64 --processes 8 --priority high --env K=a=b"
    more = "--label post=9 --compile-option -O2 --language-version 14 --queue-deadline 2 --idempotency-key k"
    done = coderunner("run", *options.split(), *more.split(), "--callback", "http://blog/", "a.cpp")
    assert done.returncode == 0, done.stderr
    assert gateway.of("Submit")[0].task == execution_pb2.Task(
        language="cpp",
        language_version="14",
        files=[execution_pb2.File(name="a.cpp", content="source")],
        stdin="input",
        args=["-x", "y"],
        env={"K": "a=b"},
        compile_options=["-O2"],
        limits=execution_pb2.Limits(cpu_ms=1500, wall_ms=3000, memory_bytes=64 << 20, processes=8),
        priority="HIGH",
        idempotency_key="k",
        queue_deadline_ms=2000,
        callback=execution_pb2.Callback(url="http://blog/"),
        labels={"post": "9"},
    )


def test_several_files_keep_the_folders_between_them(gateway: FakeGateway, coderunner: Cli, tmp_path: Path) -> None:
    (tmp_path / "app" / "lib").mkdir(parents=True)
    (tmp_path / "app" / "main.py").write_text("main")
    (tmp_path / "app" / "lib" / "a.py").write_text("a")
    assert coderunner("run", "app/main.py", "app/lib/a.py").returncode == 0
    task = gateway.of("Submit")[0].task
    assert {file.name: file.content for file in task.files} == {"main.py": "main", "lib/a.py": "a"}
    assert task.entry_point == "main.py"


def test_a_dash_reads_the_source_from_standard_input(gateway: FakeGateway, coderunner: Cli) -> None:
    assert coderunner("run", "-", "-l", "python", stdin="print(1)").returncode == 0
    task = gateway.of("Submit")[0].task
    assert [(file.name, file.content) for file in task.files] == [("", "print(1)")]


def test_cases_come_from_the_folder_and_end_in_a_table(
    gateway: FakeGateway, coderunner: Cli, hello: str, tmp_path: Path
) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    for name, ending in (("2", ".out"), ("10", ".ans")):
        (folder / f"{name}.in").write_text(f"in{name}")
        (folder / f"{name}{ending}").write_text(f"out{name}")
    (folder / "10.args").write_text("-v 'two words'")
    stage = execution_pb2.Stage(stdout="wrong\n", exit_code=0, wall_ms=3.25, peak_memory_bytes=1 << 20)
    results = [
        execution_pb2.CaseResult(name="2", verdict="ACCEPTED", stage=stage),
        execution_pb2.CaseResult(name="10", verdict="WRONG_ANSWER", stage=stage),
    ]
    gateway.script = lambda task: Script(
        execution_pb2.Execution(status="FAILED", cases=results), live=[chunk("wrong\n", stage="case:0")]
    )
    done = coderunner("run", hello, "--cases", "cases", "--comparison", "tokens", "--stop-at-first-failure")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "case  verdict       wall ms  cpu ms   memory  output",
        "2     ACCEPTED          3.2     0.0  1.0 MiB",
        "10    WRONG_ANSWER      3.2     0.0  1.0 MiB  wrong",
        "1 of 2 accepted",
    ]
    task = gateway.of("Submit")[0].task
    assert [(case.name, case.stdin, case.expected_output, list(case.args)) for case in task.cases] == [
        ("2", "in2", "out2", []),
        ("10", "in10", "out10", ["-v", "two words"]),
    ]
    assert task.cases[0].comparison.mode == execution_pb2.Comparison.TOKENS
    assert task.stop_at_first_failure is True


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
        },
        "cases": [],
        "error": "",
        "warnings": [],
        "submitted_at_ms": 0,
        "finished_at_ms": 2000,
    }


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
        (["run", "bytes.py"], "'bytes.py' is not UTF-8 text (byte 0)"),
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
        (["run", "hello.py", "--entry-point", "x.py"], "is none of the files"),
        (["run", "\udcff.py"], "cannot read"),
        (["nonsense"], "No such command 'nonsense'"),
        (["run", "--nonsense"], "No such option"),
    ],
)
def test_wrong_input_is_one_clear_sentence(
    coderunner: Cli, hello: str, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe")
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
