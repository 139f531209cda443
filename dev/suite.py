"""The whole test suite as two pytest runs at the same time, which is what ``make test`` without arguments does.

Most tests wait most of their time: for a lease to run out, for a deadline, for a server to come back. The tests that
need the Docker engine, which count its containers and measure what it does, are all in one of the runs and thus never
meet each other; the other run has the tests that need at most NATS and etcd.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from typing import IO

from dev.console import say
from dev.needs import BY_PATH
from dev.paths import LOGS, VENV_PYTHON

LOG = LOGS / "tests-without-engine.log"
PORTS = ("20000-25999", "26000-32000")
"""Each run's own, as in ``tests/servers/ports.py``: neither takes the port of a server that the other has stopped for a
moment."""
SLOWEST = ("--durations=40", "--durations-min=2")
"""Each run ends with its slowest tests: the two have half an hour."""


def main() -> int:
    """Runs both. The exit code of the first that failed, or 0."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as running:
        log = running.enter_context(LOG.open("wb"))
        say(f"-- tests that need no Docker engine run beside these; what they say follows, and is in {LOG}")
        other = start(without_engine(), PORTS[1], running, log)
        shown = start(with_engine(), PORTS[0], running)
        codes = [_ended(shown), _ended(other)]
    say("\n-- tests that need no Docker engine")
    say(LOG.read_text(encoding="utf-8", errors="replace"))
    return next(filter(None, codes), 0)


def with_engine() -> list[str]:
    """Arguments of pytest: every test that is not in the other run."""
    return [f"--ignore={path}" for path in _apart()]


def without_engine() -> list[str]:
    """Arguments of pytest: the tests that need no engine. The cache of failures is the other run's."""
    return ["-p", "no:cacheprovider", *_apart()]


def _apart() -> list[str]:
    return [path for path, needs in BY_PATH.items() if not needs.engine]


def start(
    arguments: list[str], ports: str, running: ExitStack, log: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Starts a pytest that does not outlive ``running``; it says what it says to ``log``, or to the terminal."""
    process = subprocess.Popen(
        [VENV_PYTHON, "-m", "pytest", *SLOWEST, *arguments],
        stdin=subprocess.DEVNULL if log else None,
        stdout=log,
        stderr=subprocess.STDOUT if log else None,
        env={**os.environ, "TEST_PORTS": ports},
    )
    running.enter_context(process)
    running.callback(process.terminate)
    return process


def _ended(run: subprocess.Popen[bytes]) -> int:
    """Its exit code. A Ctrl-C goes to it as well: it ends its servers, and is waited for."""
    while True:
        try:
            return run.wait()
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main())
