"""What became of the tests that a program was run as: a table for people, JUnit's XML for build servers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

import click

from coderunner.cli.printable import coloured, printable
from coderunner.cli.tables import milliseconds, one_line, table
from coderunner.cli.xml_text import xml_text

if TYPE_CHECKING:
    from pathlib import Path

    from coderunner.model import Execution
    from coderunner.test_result import TestResult

_COLOURS = {"PASSED": "green", "SKIPPED": "bright_black"}
_ELEMENTS = {"FAILED": "failure", "ERROR": "error", "SKIPPED": "skipped"}
_MESSAGE_CHARS = 60


def results(execution: Execution) -> str:
    """The table of tests, and a line that sums them up."""
    rows = [_row(test) for test in execution.tests]
    counts = {status: sum(test.status == status for test in execution.tests) for status in ("PASSED", *_ELEMENTS)}
    summary = ", ".join(f"{count} {status.lower()}" for status, count in counts.items() if count) or "no tests"
    lines = [table(("test", "result", "ms", "message"), rows, right=("ms",)), summary] if rows else [summary]
    return "\n".join([*lines, printable(execution.error)] if execution.error else lines)


def _row(test: TestResult) -> tuple[str, ...]:
    name = f"{test.suite} {test.name}".strip()
    place = f"{test.file}:{test.line} " if test.file and test.line else ""
    message = one_line(place + test.message, _MESSAGE_CHARS) if test.status != "PASSED" else ""
    return name, coloured(test.status, fg=_COLOURS.get(test.status, "red")), milliseconds(test.duration_ms), message


def write_report(path: Path, execution: Execution) -> None:
    """Writes the report. Raises UsageError where it cannot be written."""
    try:
        path.write_bytes(report(execution))
    except OSError as error:
        raise click.UsageError(f"'{path}': {error.strerror}") from error


def report(execution: Execution) -> bytes:
    """JUnit's XML, in the form of Jenkins' JUnit plugin: a test suite for each suite."""
    suites = Xml.Element("testsuites")
    for name in dict.fromkeys(test.suite for test in execution.tests):
        tests = [test for test in execution.tests if test.suite == name]
        counts = {
            "tests": len(tests),
            "failures": sum(test.status == "FAILED" for test in tests),
            "errors": sum(test.status == "ERROR" for test in tests),
            "skipped": sum(test.status == "SKIPPED" for test in tests),
        }
        told = {key: str(count) for key, count in counts.items()}
        time = f"{sum(test.duration_ms for test in tests) / 1e3:.3f}"
        suite = Xml.SubElement(
            suites, "testsuite", {"name": xml_text(name or execution.language), "time": time, **told}
        )
        for test in tests:
            _case(suite, test, execution.language)
    whole: bytes = Xml.tostring(suites, encoding="utf-8", xml_declaration=True)
    return whole


def _case(suite: Xml.Element, test: TestResult, language: str) -> None:
    about = {"classname": xml_text(test.suite or language), "name": xml_text(test.name)}
    if test.file:
        about |= {"file": xml_text(test.file), "line": str(test.line)}
    case = Xml.SubElement(suite, "testcase", {**about, "time": f"{test.duration_ms / 1e3:.3f}"})
    if test.status in _ELEMENTS:
        first, _, rest = test.message.partition("\n")
        Xml.SubElement(case, _ELEMENTS[test.status], {"message": xml_text(first)}).text = xml_text(rest)
