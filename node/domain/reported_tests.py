"""The report that a test framework's adapter writes while tests run, read into their results (docs/adr/0039).

It is lines of JSON. One with the status ``STARTED`` says that a test has begun, one with another status that it has
ended, with ``NO_TEST`` that it was a suite; ``more`` says that there are others. The tests run beside whoever writes it
and may write it themselves, so nothing in it is believed: what is no such line is passed over, and all of it is
bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from node.domain.sizes import MAX_TESTS, REPORT_BYTES
from schemas.reader import Reader, UnreadableError
from schemas.status import Status
from schemas.test_result import TestResult, TestStatus

MAX_LINES = 2_000
"""That are looked at."""
MAX_LINE_BYTES = 16 << 10
NAME_CHARS = 200
"""Of a test's name, suite and file."""
MESSAGE_CHARS = 2_000
NO_TESTS = "no tests were found"
_MOVES = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
"""What moves a cursor, turns the writing round, or cannot be seen."""
_MOVES_BUT_LINES = re.compile(_MOVES.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))
_MAX_LINE_NUMBER = (1 << 31) - 1
_MAX_DURATION_MS = 1e9
_STARTED, _NO_TEST = "STARTED", "NO_TEST"
_STATUSES = {status.value: status for status in TestStatus}


class _Line(msgspec.Struct, frozen=True):
    name: str = ""
    suite: str = ""
    status: str = ""
    duration_ms: float = 0.0
    message: str = ""
    file: str = ""
    line: int = 0
    more: bool = False


_reader = Reader(_Line)


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report tells."""

    tests: tuple[TestResult, ...]
    """In the order in which they began."""
    are_all: bool
    """Whether there are no others, as far as it tells."""


def reported(report: bytes, ended: str) -> Reported:
    """What the report tells. ``ended``: why a test did not end that has begun only."""
    tests: list[TestResult | None] = []
    names: list[tuple[str, str] | None] = []
    running: dict[tuple[str, str], int] = {}
    are_all = len(report) < REPORT_BYTES and report.count(b"\n") <= MAX_LINES
    for line in _lines(report):
        if line.more:
            are_all = False
        key = (_name(line.suite), _name(line.name))
        place = running.pop(key, None)
        if place is not None and line.status == _NO_TEST:
            tests[place], names[place] = None, None
        if line.status not in _STATUSES and line.status != _STARTED:
            continue
        if place is None and len(tests) == MAX_TESTS:
            are_all = False
            continue
        if place is None:
            place = len(tests)
            tests.append(None)
            names.append(key)
        if line.status == _STARTED:
            running[key] = place
        else:
            tests[place] = _result(line, key)
    told = (test or _unended(key, ended) for test, key in zip(tests, names, strict=True) if key is not None)
    return Reported(tuple(told), are_all)


def status_with_tests(status: Status, found: Reported) -> Status:
    """The status of a task whose program was tests: SUCCEEDED needs one that ran, and none that did not pass."""
    bad = any(test.status in (TestStatus.FAILED, TestStatus.ERROR) for test in found.tests)
    return Status.FAILED if status is Status.SUCCEEDED and (bad or not found.tests) else status


def _lines(report: bytes) -> Iterator[_Line]:
    for text in report.split(b"\n", MAX_LINES)[:MAX_LINES]:
        if not 0 < len(text) <= MAX_LINE_BYTES:
            continue
        try:
            yield _reader.decode(text)
        except UnreadableError:
            continue


def _result(line: _Line, key: tuple[str, str]) -> TestResult:
    return TestResult(
        name=key[1],
        suite=key[0],
        status=_STATUSES[line.status],
        duration_ms=min(max(line.duration_ms, 0.0), _MAX_DURATION_MS),
        message=_message(line.message),
        file=_name(line.file),
        line=min(max(line.line, 0), _MAX_LINE_NUMBER),
    )


def _unended(key: tuple[str, str], ended: str) -> TestResult:
    message = f"did not end: {ended}" if ended else "did not end"
    return TestResult(
        name=key[1], suite=key[0], status=TestStatus.ERROR, duration_ms=0.0, message=message, file="", line=0
    )


def _name(text: str) -> str:
    return _MOVES.sub("\ufffd", text[:NAME_CHARS])


def _message(text: str) -> str:
    return _MOVES_BUT_LINES.sub("\ufffd", text[:MESSAGE_CHARS])
