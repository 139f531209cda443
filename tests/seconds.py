"""Where a long run spends its time: with ``--durations``, it ends with a list of the files that took longest."""

from __future__ import annotations

from collections import Counter

import pytest

SHOWN = 25
"""Files."""


class SecondsByFile:
    """Sums up set-up, call and teardown of each file's tests."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid.partition("::")[0]] += report.duration  # type: ignore[assignment]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"slowest {SHOWN} files")
        for path, seconds in self.seconds.most_common(SHOWN):
            terminalreporter.line(f"{seconds:.0f}s {path}")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("durations"):
        config.pluginmanager.register(SecondsByFile())
