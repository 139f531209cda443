"""Runs the files of the work directory as tests of unittest; the arguments are those of ``python3 -m unittest``."""

import os
import sys
import time
import traceback
import unittest

from report import Report, own, test_files


class Unloadable(unittest.TestCase):
    """Stands for a file that cannot be loaded."""

    def __init__(self, module, error):
        super().__init__("load")
        self._module, self._error = module, error

    def id(self):
        return self._module

    def load(self):
        raise self._error


class Loader(unittest.TestLoader):
    """Loads what can be loaded."""

    def loadTestsFromName(self, name, module=None):
        try:
            return super().loadTestsFromName(name, module)
        except (Exception, SystemExit) as error:
            return self.suiteClass(
                [Unloadable(name, error if isinstance(error, Exception) else ImportError(repr(error)))]
            )


class Reporting(unittest.TextTestResult):
    """Tells of each test: https://docs.python.org/3/library/unittest.html#unittest.TestResult."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._report = report
        self._began = None

    def startTest(self, test):
        self._began, self._end = time.monotonic(), None
        self._report.started(*_apart(test))
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        status, why = self._end or ("PASSED", ("", "", 0))
        self._report.ended(*_apart(test), status, (time.monotonic() - self._began) * 1000, *why)
        self._began = None

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._ends(test, "FAILED", _why(err))

    def addError(self, test, err):
        super().addError(test, err)
        self._ends(test, "ERROR", _why(err))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._ends(test, "SKIPPED", (reason, "", 0))

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._ends(test, "SKIPPED", ("expected to fail: " + _why(err)[0], "", 0))

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._ends(test, "FAILED", ("was expected to fail", "", 0))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            message, file, line = _why(err)
            self._ends(test, "FAILED" if failed else "ERROR", (f"{subtest._subDescription()} {message}", file, line))

    def _ends(self, test, status, why):
        """The first that is said of a test counts. What is said between tests is of a class, or of a module."""
        if self._began is None:
            self._report.whole("", str(test), status, *why)
        elif self._end is None or self._end[0] == "SKIPPED":
            self._end = status, why


def _apart(test):
    suite, _, name = test.id().rpartition(".")
    return "" if suite == "unittest.loader._FailedTest" else suite, name


def _why(err):
    """Message, and the innermost place in a file of the work directory."""
    kind, error, trace = err
    places = [(own(frame.filename), frame.lineno or 0) for frame in traceback.extract_tb(trace)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((own(error.filename), error.lineno or 0))
    file, line = next((place for place in reversed(places) if place[0]), ("", 0))
    return "".join(traceback.format_exception_only(kind, error)).strip(), file, line


sys.path[0] = os.getcwd()
report = Report()
files = test_files(lambda name: name.startswith("test") or name.endswith("_test.py"))
modules = [path.removesuffix(".py").replace(os.sep, ".") for path in files]
runner = unittest.TextTestRunner(resultclass=Reporting, verbosity=2)
unittest.main(module=None, argv=["unittest", *sys.argv[1:], *modules], testRunner=runner, testLoader=Loader())
