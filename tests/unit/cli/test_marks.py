"""The mark that ``coderunner run`` sets at the line of an error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coderunner.cli.marks import marks
from coderunner.model import Diagnostic, Execution, Severity, Stage, Status
from coderunner.v1 import execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.command import Cli


def failed(**changes: Any) -> Execution:
    told = {"stage": "run", "file": "a.py", "line": 2, "message": "it broke", "code": "KeyError", **changes}
    return Execution("t1", Status.FAILED, diagnostics=(Diagnostic(**told),))


def test_the_line_of_an_uncaught_error_is_shown_after_the_output(
    gateway: FakeGateway, coderunner: Cli, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text("x = {}\nprint(x['y'])\n")
    result = ran(status="FAILED", exit_code=1, stderr="Traceback\n")
    result.diagnostics.append(
        execution_pb2.Diagnostic(
            stage="run", file="a.py", line=2, column=7, severity="ERROR", message="'y'", code="KeyError"
        )
    )
    gateway.script = lambda task: Script(result)
    done = coderunner("run", "a.py")
    assert done.stderr == "Traceback\na.py, line 2: KeyError: 'y'\n    2 | print(x['y'])\n      |       ^\n"


def test_the_line_that_it_was_at_when_its_time_was_up_is_marked_and_not_what_led_there() -> None:
    spin = Diagnostic("run", "a.py", 2, message="was here when its time was up, in f", code="time limit")
    call = Diagnostic("run", "a.py", 3, severity=Severity.NOTE, message="called from here", code="time limit")
    stopped = Execution("t1", Status.TIME_LIMIT, run=Stage(None, signal=9), diagnostics=(spin, call))
    assert list(marks(stopped, "def f():\n  while True: pass\nf()\n")) == [
        "a.py, line 2: time limit: was here when its time was up, in f",
        "    2 |   while True: pass",
    ]


def test_a_warning_is_not_marked_nor_what_has_no_line() -> None:
    assert list(marks(failed(severity=Severity.WARNING), "a\nb\n")) == []
    assert list(marks(failed(line=0), "a\nb\n")) == []


def test_without_a_column_there_is_no_caret() -> None:
    assert list(marks(failed(), "a\nb\n")) == ["a.py, line 2: KeyError: it broke", "    2 | b"]


def test_the_caret_stands_under_its_column_also_behind_a_tab() -> None:
    _, line, caret = marks(failed(column=3), {"a.py": "a\n\t\tb\n"})
    assert line.index("b") == caret.index("^")


@pytest.mark.parametrize("source", ["a\n", {"b.py": "a\nb"}, {"a.py": f"a\n{'b' * 5000}"}])
def test_a_line_that_is_not_there_or_too_long_is_not_shown(source: str | dict[str, str]) -> None:
    assert list(marks(failed(line=2), source)) == ["a.py, line 2: KeyError: it broke"]


def test_a_line_that_the_tool_itself_has_shown_is_not_shown_again() -> None:
    shown = replace(failed(), run=Stage(1, stderr="a.py:2\n    bad()\n"))
    assert list(marks(shown, "a\n  bad()\n")) == []
    assert list(marks(shown, "a\n  worse()\n")) != []


def test_what_is_in_no_file_is_told_after_the_line() -> None:
    crashed = failed()
    end = Diagnostic("run", "", message="used an address", code="SIGSEGV")
    told = list(marks(replace(crashed, diagnostics=(end, *crashed.diagnostics)), "a\nb\n"))
    assert told == ["a.py, line 2: KeyError: it broke", "    2 | b", "SIGSEGV: used an address"]


def test_no_name_or_line_moves_a_cursor() -> None:
    told = "".join(marks(failed(message="\x1b[2J", file="\x1b]0;"), "a\n\x1b[31m\n"))
    assert "\x1b" not in told
