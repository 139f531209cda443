"""What ``coderunner run`` makes of its options and files."""

from __future__ import annotations

from pathlib import Path

from coderunner.v1 import execution_pb2
from tests.fakes.answers import chunk
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.command import Cli


def test_every_option_reaches_the_task(gateway: FakeGateway, coderunner: Cli, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("input")
    (tmp_path / "a.cpp").write_text("source")
    options = "--stdin in.txt --arg -x --arg y --cpu 1.5 --wall 3 --memory 64 --processes 8 --priority high --env K=a=b"
    more = "--label post=9 --compile-option -O2 --language-version 14 --queue-deadline 2 --idempotency-key k"
    told = ["--callback-headers", "s", "--callback-event", "case"]
    done = coderunner("run", *options.split(), *more.split(), "--callback", "http://blog/", *told, "a.cpp")
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
        callback=execution_pb2.Callback(url="http://blog/", headers="s", events=["CASE"]),
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
