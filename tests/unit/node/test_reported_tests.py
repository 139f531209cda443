"""The report on tests, as a node reads it: whoever writes it may be a stranger."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from node.domain.output_budget import OutputBudget
from node.domain.reported_tests import MAX_LINES, MESSAGE_CHARS, NAME_CHARS, Reported, reported, status_with_tests
from node.domain.shrink import shrink_outputs
from node.domain.sizes import MAX_TESTS, REPORT_BYTES
from schemas.status import Status
from schemas.test_result import TestResult, TestStatus
from tests.builders import an_execution


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def a_result(status: TestStatus = TestStatus.PASSED, message: str = "", name: str = "t") -> TestResult:
    return TestResult(name=name, suite="s", status=status, duration_ms=1.0, message=message, file="", line=0)


def test_a_test_has_one_entry_in_the_order_in_which_it_began() -> None:
    report = line(name="a", suite="s", status="STARTED") + line(name="b", status="STARTED")
    report += line(name="b", status="PASSED", duration_ms=2.5)
    report += line(name="a", suite="s", status="FAILED", message="1 != 2", file="a.py", line=7)
    found = reported(report, "")
    assert [(test.name, test.status) for test in found.tests] == [("a", "FAILED"), ("b", "PASSED")]
    assert (found.tests[0].file, found.tests[0].line, found.tests[0].message) == ("a.py", 7, "1 != 2")
    assert found.are_all


def test_what_began_and_did_not_end_is_an_error_that_says_why() -> None:
    found = reported(line(name="a", status="STARTED"), "the program ran for more than 10 ms")
    assert [(test.status, test.message) for test in found.tests] == [
        ("ERROR", "did not end: the program ran for more than 10 ms")
    ]


def test_one_that_runs_twice_has_two_entries_and_a_suite_none() -> None:
    once = line(name="a", status="STARTED") + line(name="a", status="PASSED")
    suite = line(name="g", status="STARTED") + line(name="g", status="NO_TEST")
    assert [test.name for test in reported(once + suite + once, "").tests] == ["a", "a"]


@pytest.mark.parametrize(
    "report",
    [
        b"\n" * REPORT_BYTES,
        b"{}\n" * (REPORT_BYTES // 3),
        b"[" * REPORT_BYTES,
        (b"[" * 16_000 + b"\n") * 32,
        (b'{"x":' + b"[" * 10_000 + b"\n") * 50,
        b"\xff\xfe\n" * 100_000,
        b'{"name":"\\ud800","status":"PASSED"}\n',
        b'{"name":"a","status":"PASSED","duration_ms":1e999}\n',
        b'{"name":"a","status":"UNKNOWN"}\n',
        b'{"name":7,"status":"PASSED"}\n',
        b'{"name":"a","status":"PASSED","message":"' + b"x" * 20_000 + b'"}\n',
    ],
)
def test_what_is_no_line_of_a_report_is_passed_over_at_once(report: bytes) -> None:
    began = time.monotonic()
    assert reported(report, "").tests == ()
    assert time.monotonic() - began < 1


def test_more_than_is_told_is_said() -> None:
    found = reported(b"".join(line(name=f"t{n}", status="PASSED") for n in range(MAX_TESTS + 1)), "")
    assert (len(found.tests), found.are_all) == (MAX_TESTS, False)
    assert not reported(line(more=True), "").are_all
    assert not reported(b"\n" * (MAX_LINES + 1), "").are_all


def test_texts_and_numbers_are_bounded_and_move_no_cursor() -> None:
    report = line(
        name="\x1b[2J" + "n" * 999,
        status="FAILED",
        line=10**30,
        duration_ms=-5.0,
        message="\u202ea\n\tb\x07" + "m" * 9_999,
    )
    (test,) = reported(report, "").tests
    assert test.name.startswith("\ufffd[2Jnn")
    assert len(test.name) == NAME_CHARS
    assert test.message.startswith("\ufffda\n\tb\ufffdmm")
    assert len(test.message) <= MESSAGE_CHARS
    assert (test.line, test.duration_ms) == ((1 << 31) - 1, 0.0)


def test_success_needs_a_test_and_none_that_failed() -> None:
    def status(*statuses: TestStatus, of: Status = Status.SUCCEEDED) -> Status:
        return status_with_tests(of, Reported(tuple(map(a_result, statuses)), are_all=True))

    assert status(TestStatus.PASSED, TestStatus.SKIPPED) is Status.SUCCEEDED
    assert status() is Status.FAILED
    assert status(TestStatus.PASSED, TestStatus.ERROR) is Status.FAILED
    assert status(TestStatus.PASSED, of=Status.TIME_LIMIT) is Status.TIME_LIMIT


def test_a_result_takes_tests_as_far_as_half_of_its_room_and_says_so() -> None:
    budget = OutputBudget(stages=1, message_bytes=64 << 10, large=False)
    found = Reported(tuple(a_result(message="\x00" * 900, name=str(n)) for n in range(500)), are_all=True)
    kept = budget.tests(found)
    assert 0 < len(kept.tests) < 10
    assert kept.tests == found.tests[: len(kept.tests)]
    assert any("more tests ran than are told of" in words for words in budget.words())


def test_a_result_that_must_be_smaller_keeps_the_tests_without_their_words() -> None:
    execution = an_execution("t1", Status.FAILED, tests=[a_result(TestStatus.FAILED, "1 != 2")])
    assert shrink_outputs(execution, 0).tests == [a_result(TestStatus.FAILED)]
