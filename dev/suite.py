"""The whole test suite as pytest runs, two at the same time, which is what ``make test`` without arguments does.

Most tests wait most of their time: for a lease to run out, for a deadline, for a server to come back. The tests that
need the Docker engine, and measure or break what it does, are all in one of the runs and thus never meet each other.
Beside it runs what needs at most NATS and etcd; and then, as that ends sooner, those of the engine's that only use it.

Where a few tests of twelve thousand fail beside another run, each is run once more, alone on the machine, and must pass
there. Which they were is the last thing that is said: such a test, or what it tests, has a fault.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from dev.console import say
from dev.needs import BY_PATH
from dev.paths import LOGS, REPOSITORY, RUN, VENV_PYTHON

USING_ENGINE = (
    "tests/conformance",
    "tests/e2e/maven",
    "tests/e2e/npm",
    "tests/e2e/page",
    "tests/integration/distributions",
    "tests/integration/sdks",
)
"""Tests that use the engine and do nothing to it that others would notice."""
LOG = LOGS / "tests-without-engine.log"
LOG_USING_ENGINE = LOGS / "tests-using-engine.log"
PORTS = ("20000-25999", "26000-32000")
"""Each lane's own, as in ``tests/servers/ports.py``: neither takes the port of a server that the other has stopped for
a moment."""
SLOWEST = ("--durations=40", "--durations-min=2")
"""Each run ends with its slowest tests: all have half an hour."""
CACHES = (REPOSITORY / ".pytest_cache", RUN / "pytest-without-engine", RUN / "pytest-using-engine")
"""Where each run notes what failed; the first is where ``pytest --last-failed`` looks."""
MOST_AGAIN = 5
"""More failed tests than these are no matter of chance, and none is run again."""
TESTS_FAILED = 1
"""Pytest's exit code where all ran and some failed."""


def main() -> int:
    """Runs all, and what failed again. The exit code of the first that failed, or 0."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    LOG.parent.mkdir(parents=True, exist_ok=True)
    for cache in CACHES:
        _failures(cache).unlink(missing_ok=True)
    with ExitStack() as running:
        say(f"-- other tests run beside these; what they say follows, and is in {LOG} and {LOG_USING_ENGINE}")
        shown = start(with_engine(), PORTS[0], running)
        codes: list[int] = []
        for log, arguments in ((LOG, without_engine()), (LOG_USING_ENGINE, using_engine())):
            log.unlink(missing_ok=True)
            if set(codes) <= {0, TESTS_FAILED}:  # else it was interrupted, or broke off
                codes.append(_ended(start(arguments, PORTS[1], running, running.enter_context(log.open("wb")))))
        codes.insert(0, _ended(shown))
    for log in filter(Path.exists, (LOG, LOG_USING_ENGINE)):
        say(f"\n-- {log.stem}")
        say(log.read_text(encoding="utf-8", errors="replace"))
    if set(codes) <= {0, TESTS_FAILED} and any(codes):
        return _alone(failed())
    return next(filter(None, codes), 0)


def failed() -> list[str]:
    """The names of the tests that failed in any run, as pytest takes them."""
    return [name for cache in CACHES if _failures(cache).exists() for name in json.loads(_failures(cache).read_text())]


def _alone(names: list[str]) -> int:
    """Runs tests that failed once more. Pytest's exit code; 1 without a run where they are too many, or not known."""
    if not 0 < len(names) <= MOST_AGAIN:
        return TESTS_FAILED
    say(f"\n-- {len(names)} failed beside another run; once more, alone")
    with ExitStack() as running:
        code = _ended(start(["-p", "no:cacheprovider", *names], PORTS[0], running))
    if code == 0:
        say("\n-- FAILED ONCE and passed alone, which is a fault to look into:")
        say("\n".join(f"   {name}" for name in names))
    return code


def _failures(cache: Path) -> Path:
    return cache / "v" / "cache" / "lastfailed"


def with_engine() -> list[str]:
    """Arguments of pytest: every test that is in no other run."""
    return [f"--ignore={path}" for path in (*_apart(), *USING_ENGINE)]


def without_engine() -> list[str]:
    """Arguments of pytest: the tests that need no engine. The usual cache of failures is the other run's."""
    return ["-o", f"cache_dir={CACHES[1]}", *_apart()]


def using_engine() -> list[str]:
    """Arguments of pytest: the tests that only use the engine."""
    return ["-o", f"cache_dir={CACHES[2]}", *(f"--ignore={path}" for path in _apart()), *USING_ENGINE]


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
