"""A library that cannot be imported is not preloaded, and the others are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import IMAGES_DIR

ZYGOTE = """
import os, sys
from types import SimpleNamespace

sys.path.insert(0, {code!r})
from preload_list import import_all

trace = SimpleNamespace(environment=SimpleNamespace(at_start=dict(os.environb)), not_renewed=None)
sys.modules["trace"] = trace
import_all(trace, {names!r})
print([name for name in ("json", "good", "good.inner", "bad", "sly") if name in sys.modules], sys.orig_argv[1:])
"""
GOOD, BAD, SLY = (
    {"good/__init__.py": "", "good/inner.py": ""},
    {"bad/__init__.py": "", "bad/inner.py": "{}['rng']"},
    {"sly.py": "import trace; trace.not_renewed = KeyError('rng')"},
)


def started(folder: Path, files: dict[str, str], *names: str) -> tuple[str, str]:
    """What a zygote prints that is to import these, and what it says."""
    code = str(IMAGES_DIR / "python" / "zygote")
    for name, text in {**files, "main.py": ZYGOTE.format(code=code, names=names)}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    command = [sys.executable, "-X", "coderunner_zygote", "main.py", "1", "2"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout, done.stderr


def test_all_that_can_be_imported_is(tmp_path: Path) -> None:
    told = started(tmp_path, GOOD, "json", "good.inner")
    assert told == ("['json', 'good', 'good.inner'] ['-X', 'coderunner_zygote', 'main.py', '1', '2']\n", "")


@pytest.mark.parametrize("names", [("bad.inner", "good.inner"), ("good.inner", "bad", "bad.inner")])
def test_the_zygote_starts_again_without_a_library_that_cannot_be_imported(tmp_path: Path, names: list[str]) -> None:
    printed, said = started(tmp_path, GOOD | BAD, *names)
    assert printed == "['good', 'good.inner'] ['-X', 'coderunner_zygote=bad', 'main.py', '1', '2']\n"
    assert said == "zygote: bad is not preloaded: KeyError('rng')\n"


def test_a_library_whose_random_state_cannot_be_renewed_is_left_out(tmp_path: Path) -> None:
    printed, said = started(tmp_path, GOOD | SLY | BAD, "sly", "good", "bad.inner")
    assert printed == "['good'] ['-X', 'coderunner_zygote=sly,bad', 'main.py', '1', '2']\n"
    assert "sly is not preloaded" in said


def test_one_that_is_not_there_at_all_is_said_in_one_line(tmp_path: Path) -> None:
    printed, said = started(tmp_path, GOOD, "good", "no_such_library.inner")
    assert printed.startswith("['good'] ")
    assert said.count("\n") == 1
