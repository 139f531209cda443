"""``make test`` as runs of which two are at the same time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dev import suite
from dev.__main__ import program_of
from dev.needs import BY_PATH

REPOSITORY = Path(__file__).resolve().parents[3]
LAUNCH = """
import os
import signal
import sys
from pathlib import Path
from dev import suite
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been started with Ctrl-C ignored
place, python = Path(sys.argv[1]), Path(sys.executable)
suite.VENV_PYTHON, suite.LOG, suite.LOG_USING_ENGINE = python, place / "without.log", place / "using.log"
suite.CACHES = place / "with", place / "without", place / "using"
usual = ["-c", str(place / "none.ini"), "-q", "-o"]
suite.with_engine = lambda: [*usual, f"cache_dir={place}/with", str(place / "test_with.py")]
suite.without_engine = lambda: [*usual, f"cache_dir={place}/without", str(place / "test_without.py")]
suite.using_engine = lambda: [*usual, f"cache_dir={place}/using", str(place / "test_using.py")]
start = suite.start
suite.start = lambda arguments, *others: start(["-c", str(place / "none.ini"), *arguments], *others)
os.chdir(place)
sys.exit(suite.main())
"""
USES = "def test_one() -> None: pass\ndef test_two() -> None: pass\ndef test_three() -> None: pass\n"
PASSES = "def test_that_passes() -> None: pass\n"
FAILS = "def test_that_fails() -> None: raise AssertionError('what the other run says')\n"
FAILS_ONCE = """
from pathlib import Path
def test_that_fails_once() -> None:
    mark = Path(__file__ + ".ran")
    ran = mark.exists()
    mark.touch()
    assert ran
"""
MANY_FAIL = "import pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_that_fails(n) -> None: assert not 1\n"
Launch = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """``launch(with_, without)`` starts the suite with these sources as the tests of the runs."""

    def start(with_: str, without: str, using: str = USES) -> subprocess.Popen[str]:
        (tmp_path / "none.ini").write_text("[pytest]\n")
        (tmp_path / "test_with.py").write_text(with_)
        (tmp_path / "test_without.py").write_text(without)
        (tmp_path / "test_using.py").write_text(using)
        command = [sys.executable, "-c", LAUNCH, str(tmp_path)]
        return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, start_new_session=True)

    return start


def test_every_test_is_in_one_of_the_runs_and_none_that_needs_an_engine_is_in_the_other() -> None:
    left_out = {argument.removeprefix("--ignore=") for argument in suite.with_engine()}
    added = set(suite.without_engine()) & BY_PATH.keys()
    assert added == {path for path, needs in BY_PATH.items() if not needs.engine}
    later = suite.using_engine()
    assert left_out - added == set(suite.USING_ENGINE) == set(later) & set(suite.USING_ENGINE)
    assert added == {argument.removeprefix("--ignore=") for argument in later if argument.startswith("--ignore=")}


def test_a_run_fails_with_those_that_use_the_engine_and_comes_after_those_without_one(
    launch: Launch, tmp_path: Path
) -> None:
    with launch(PASSES, PASSES, FAILS + PASSES) as running:
        said = running.communicate(timeout=60)[0]
    assert running.returncode == 1
    assert "1 failed, 1 passed in" in said
    assert (tmp_path / "without.log").stat().st_mtime_ns < (tmp_path / "using.log").stat().st_mtime_ns


def test_make_test_takes_two_runs_for_the_whole_suite_and_one_for_anything_chosen() -> None:
    assert program_of("test", []) == ("-m", "dev.suite")
    assert program_of("test", ["-k", "redriving"]) == ("-m", "pytest")


@pytest.mark.parametrize(
    ("with_", "without", "code"), [(PASSES, PASSES, 0), (PASSES, FAILS, 1), (FAILS, PASSES, 1), (PASSES, "x", 2)]
)
def test_the_suite_fails_with_either_run_and_shows_both(launch: Launch, with_: str, without: str, code: int) -> None:
    with launch(with_, without) as running:
        said = running.communicate(timeout=60)[0]
    assert running.returncode == code
    assert ("what the other run says" in said) == (FAILS in (with_, without))
    assert sum(f"1 {word} in " in said for word in ("passed", "failed", "error")) + (with_ == without) == 2


def test_what_failed_is_run_once_more_alone_and_named(launch: Launch) -> None:
    with launch(FAILS_ONCE, FAILS_ONCE) as running:
        said = running.communicate(timeout=60)[0]
    assert running.returncode == 0
    again = said.partition("once more, alone")[2]
    assert "2 passed in " in again
    assert "FAILED ONCE" in again
    assert again.rstrip().endswith("   test_without.py::test_that_fails_once")


def test_what_fails_twice_fails(launch: Launch) -> None:
    with launch(FAILS_ONCE, FAILS) as running:
        said = running.communicate(timeout=60)[0]
    assert running.returncode == 1
    assert "1 failed, 1 passed in " in said.partition("once more, alone")[2]


@pytest.mark.parametrize(
    ("with_", "without"), [(MANY_FAIL, PASSES), (FAILS_ONCE, "x"), (FAILS_ONCE, "import sys\nsys.exit(1)")]
)
def test_nothing_is_run_again_where_many_failed_or_a_run_was_not_whole(
    launch: Launch, with_: str, without: str
) -> None:
    with launch(with_, without) as running:
        said = running.communicate(timeout=60)[0]
    assert running.returncode
    assert "once more" not in said


def test_what_failed_in_an_earlier_suite_is_forgotten(launch: Launch) -> None:
    for sources in ((MANY_FAIL, PASSES), (PASSES, FAILS_ONCE)):
        with launch(*sources) as running:
            said = running.communicate(timeout=60)[0]
    assert (running.returncode, "1 failed beside" in said) == (0, True)


def test_a_suite_that_is_told_to_end_ends_both_runs(launch: Launch, tmp_path: Path) -> None:
    fifo = tmp_path / "pids"
    os.mkfifo(fifo)
    waits = f"def test_that_waits():\n    import os, time\n    open({str(fifo)!r}, 'w').write(f'{{os.getpid()}}\\n')\n"
    waits += "    time.sleep(60)\n"
    with launch(waits, waits) as running:
        try:
            pids = _lines(fifo, 2)
            running.send_signal(signal.SIGTERM)
            assert running.wait(30) == 128 + signal.SIGTERM
        finally:
            running.kill()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_suite_that_is_interrupted_begins_no_other_run(launch: Launch, tmp_path: Path) -> None:
    fifo = tmp_path / "pids"
    os.mkfifo(fifo)
    waits = f"def test_that_waits():\n    import os, time\n    open({str(fifo)!r}, 'w').write(f'{{os.getpid()}}\\n')\n"
    waits += "    time.sleep(60)\n"
    with launch(waits, waits) as running:
        try:
            _lines(fifo, 2)
            os.killpg(running.pid, signal.SIGINT)
            said = running.communicate(timeout=30)[0]
        finally:
            running.kill()
    assert running.returncode == 2
    assert "3 passed" not in said
    assert not (tmp_path / "using.log").exists()


def _lines(fifo: Path, number: int) -> list[str]:
    lines: list[str] = []
    while len(lines) < number:
        lines += fifo.read_text().split()
    return lines
