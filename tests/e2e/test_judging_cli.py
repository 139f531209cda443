"""``coderunner run --cases DIR`` against real parts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.servers.command import Done, environment_for, run_command
from tests.servers.stack import Stack

SUM = "import sys\nprint(sum(map(int, sys.stdin.read().split())), *sys.argv[1:])\n"
CASES = {
    "1.in": "1 2",
    "1.out": "3\n",
    "2.in": "2 2",
    "2.ans": "5",
    "10.in": "10",
    "10.out": "10 -v two words\n",
    "10.args": "-v 'two words'",
}

Command = Callable[..., Done]
Write = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def coderunner(judging_stack: Stack, tmp_path: Path) -> Command:
    environment = environment_for(judging_stack.gateways[0].target)

    def call(*arguments: str) -> Done:
        return run_command(["run", *arguments], environment, tmp_path)

    return call


@pytest.fixture
def cases(tmp_path: Path) -> Write:
    """Writes files into the folder ``cases``, and the program ``sum.py`` beside it."""

    def write(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "cases"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
        (tmp_path / "sum.py").write_text(SUM)
        return tmp_path

    return write


def rows(done: subprocess.CompletedProcess[str]) -> list[list[str]]:
    """Name and verdict of each line of the table."""
    return [line.split()[:2] for line in done.stdout.splitlines()[1:-1]]


def test_a_folder_of_cases_ends_in_a_table_and_an_exit_code(coderunner: Command, cases: Write) -> None:
    folder = cases(CASES) / "cases"
    done = coderunner("sum.py", "--cases", "cases")
    assert (done.returncode, done.stderr) == (1, "")
    assert rows(done) == [["1", "ACCEPTED"], ["2", "WRONG_ANSWER"], ["10", "ACCEPTED"]]
    assert done.stdout.splitlines()[2].split()[-1] == "4", "what it printed in place of the right answer"
    assert done.stdout.splitlines()[-1] == "2 of 3 accepted"
    (folder / "2.ans").write_text("4")
    assert coderunner("sum.py", "--cases", "cases").returncode == 0


def test_json_has_every_case_with_its_usage(coderunner: Command, cases: Write) -> None:
    cases(CASES)
    done = coderunner("sum.py", "--cases", "cases", "--stop-at-first-failure", "--json")
    assert done.returncode == 1
    execution = json.loads(done.stdout)
    told = [(case["name"], case["verdict"]) for case in execution["cases"]]
    assert told == [("1", "ACCEPTED"), ("2", "WRONG_ANSWER"), ("10", "SKIPPED")]
    assert (execution["status"], execution["run"], execution["cases"][2]["stage"]) == ("FAILED", None, None)
    stage = execution["cases"][1]["stage"]
    assert stage["stdout"] == "4\n"
    assert min(stage["wall_ms"], stage["cpu_ms"], stage["peak_memory_bytes"]) > 0


def test_cases_of_a_compiled_program_are_compared_as_was_asked_for(coderunner: Command, cases: Write) -> None:
    root = cases({"half.in": "1", "half.out": "0.51\n", "third.in": "1", "third.out": "0.34"})
    (root / "half.cpp").write_text(
        "#include <iostream>\nint main() { double x; std::cin >> x; std::cout << x / 2 << std::endl; }\n"
    )
    done = coderunner("half.cpp", "--cases", "cases", "--comparison", "float", "--epsilon", "0.1")
    assert (done.returncode, rows(done)) == (1, [["half", "ACCEPTED"], ["third", "WRONG_ANSWER"]])
    done = coderunner("half.cpp", "--cases", "cases", "--comparison", "exact")
    assert rows(done) == [["half", "WRONG_ANSWER"], ["third", "WRONG_ANSWER"]]


def test_a_checker_of_another_language_judges_and_needs_no_expected_output(coderunner: Command, cases: Write) -> None:
    root = cases({"even.in": "1 3", "odd.in": "1 2"})
    (root / "even.cpp").write_text(
        "#include <fstream>\n#include <iostream>\n"
        'int main() { int n = 1; std::ifstream("output") >> n; std::cout << n << " is what it is\\n"; return n % 2; }\n'
    )
    done = coderunner("sum.py", "--cases", "cases", "--checker", "even.cpp")
    assert (done.returncode, done.stderr) == (1, "")
    assert rows(done) == [["even", "ACCEPTED"], ["odd", "WRONG_ANSWER"]]
    assert "3 is what it is" in done.stdout
    assert "4 is what it is" not in done.stdout, "nothing to explain"


def test_a_checker_that_does_not_compile_is_told_as_that(coderunner: Command, cases: Write) -> None:
    root = cases({"1.in": "1", "1.out": "1"})
    (root / "bad.cpp").write_text("int main() { return nonsense; }")
    done = coderunner("sum.py", "--cases", "cases", "--checker", "bad.cpp")
    assert done.returncode == 1
    assert "CHECKER_ERROR" in done.stdout
    assert done.stdout.splitlines()[-1] == "the checker does not compile"


def test_limits_hold_for_each_case(coderunner: Command, cases: Write) -> None:
    root = cases({"a.in": "spin", "b.in": "fail", "c.in": "go", **{f"{name}.out": "" for name in "abc"}})
    (root / "moody.py").write_text("what = input()\nwhile what == 'spin': pass\nassert what != 'fail', 'a bad mood'\n")
    done = coderunner("moody.py", "--cases", "cases", "--cpu", "0.3")
    assert (done.returncode, rows(done)) == (1, [["a", "TIME_LIMIT"], ["b", "RUNTIME_ERROR"], ["c", "ACCEPTED"]])


def test_a_program_that_does_not_compile_says_why_and_has_no_table(coderunner: Command, cases: Write) -> None:
    root = cases(CASES)
    (root / "bad.cpp").write_text("int main() { return nonsense; }")
    done = coderunner("bad.cpp", "--cases", "cases")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nonsense" in done.stderr


def test_a_checker_without_cases_is_wrong_input(coderunner: Command, cases: Write) -> None:
    cases(CASES)
    done = coderunner("sum.py", "--checker", "sum.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "task.checker" in done.stderr
