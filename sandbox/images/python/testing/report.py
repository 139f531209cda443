"""The report that tests leave for the node, written line by line while they run (docs/testing-frameworks.md)."""

import json
import os
from contextlib import suppress

_HERE = os.getcwd()
_MAX_TESTS = 500
_NAME_CHARS = 200
_MESSAGE_CHARS = 2000


class Report:
    """The report of one run. Without the variable that names its file nothing is written."""

    def __init__(self):
        path = os.environ.pop("CODERUNNER_TEST_REPORT", "")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o644) if path else -1
        self._tests = 0
        self._told = True

    def started(self, suite, name):
        """A test begins. What follows the first 500 is not told."""
        self._tests += 1
        self._told = self._tests <= _MAX_TESTS
        if self._told:
            self._write(suite=suite, name=name, status="STARTED")
        elif self._tests == _MAX_TESTS + 1:
            self._write(more=True)

    def ended(self, suite, name, status, duration_ms=0.0, message="", file="", line=0):
        """The test that began last has ended."""
        if self._told:
            message = message[:_MESSAGE_CHARS]
            self._write(
                suite=suite,
                name=name,
                status=status,
                duration_ms=duration_ms,
                message=message,
                file=own(file),
                line=line,
            )

    def whole(self, suite, name, status, message="", file="", line=0):
        """What could not even begin."""
        self.started(suite, name)
        self.ended(suite, name, status, message=message, file=file, line=line)

    def _write(self, suite="", name="", **rest):
        if self._file >= 0:
            line = {"suite": suite[:_NAME_CHARS], "name": name[:_NAME_CHARS], **rest}
            with suppress(OSError):  # the disk is full: whoever fills it is told of that
                os.write(self._file, json.dumps(line).encode() + b"\n")


def own(file):
    """The path relative to the work directory; empty for a file that is elsewhere."""
    relative = os.path.relpath(file, _HERE) if file else ""
    return "" if relative.startswith("..") else relative[:_NAME_CHARS]


def test_files(is_test):
    """The Python files here whose name ``is_test`` accepts, or all where it accepts none."""
    found = []
    for folder, folders, names in os.walk("."):
        folders[:] = sorted(one for one in folders if not one.startswith((".", "__")))
        found += [os.path.normpath(os.path.join(folder, name)) for name in sorted(names) if name.endswith(".py")]
    return [path for path in found if is_test(os.path.basename(path))] or found
