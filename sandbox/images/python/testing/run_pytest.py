"""Runs the files of the work directory as tests of pytest; the arguments are pytest's."""

import os
import sys

import pytest
from report import Report, test_files

_NAMES = {"passed": "PASSED", "failed": "FAILED", "skipped": "SKIPPED"}


class Reporting:
    """The plug-in that tells of each test: https://docs.pytest.org/en/stable/reference/reference.html#hooks."""

    def __init__(self):
        self._report = Report()
        self._phases = []

    def pytest_collectreport(self, report):
        if report.failed or (report.skipped and report.nodeid.endswith(".py")):
            message, file, line = _why(report)
            status = "ERROR" if report.failed else "SKIPPED"
            self._report.whole("", report.nodeid or "collection", status, message, file, line)

    def pytest_runtest_logstart(self, nodeid, location):
        self._phases = []
        self._report.started(*_apart(nodeid))

    def pytest_runtest_logreport(self, report):
        self._phases.append(report)
        if report.when != "teardown":
            return
        decisive = next((one for one in self._phases if one.failed), None)
        decisive = decisive or next((one for one in self._phases if one.skipped), report)
        status = "ERROR" if decisive.failed and decisive.when != "call" else _NAMES[decisive.outcome]
        duration_ms = sum(one.duration for one in self._phases) * 1000
        self._report.ended(*_apart(report.nodeid), status, duration_ms, *_why(decisive))


def _apart(nodeid):
    """Suite and name; what stands in brackets is a parameter's."""
    suite, _, name = nodeid.split("[", 1)[0].rpartition("::")
    return suite, nodeid[len(suite) + 2 :] if suite else name or nodeid


def _why(report):
    """Message, file and line of what a report says."""
    if getattr(report, "wasxfail", None) is not None:
        return f"expected to fail: {report.wasxfail}", "", 0
    said = report.longrepr
    if said is None:
        return "", "", 0
    if isinstance(said, tuple):
        return said[2].removeprefix("Skipped: "), said[0], said[1] or 0
    crash = getattr(said, "reprcrash", None)
    if crash is not None:
        return crash.message, crash.path, crash.lineno
    return str(said)[-2000:], "", 0


sys.path[0] = os.getcwd()
options = ["--no-header", "--color=no", "-p", "no:cacheprovider", "--rootdir=.", "--continue-on-collection-errors"]
files = test_files(lambda name: name.startswith("test_") or name.endswith("_test.py"))
sys.exit(pytest.main([*options, *sys.argv[1:], *files], plugins=[Reporting()]))
