"""What the installer of Python's packages leaves out of a layer, and for whom it installs. Runs its module without
pip."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import IMAGES_DIR


def test_what_an_interpreter_would_run_at_its_start_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"six.py", "sitecustomizer.py", "a/sitecustomize.py", "sitecustomize-1.dist-info/RECORD"}
    gone = {
        "sitecustomize.py",
        "usercustomize.pyc",
        "usercustomize/__init__.py",
        "sitecustomize.cpython-311-x86_64-linux-gnu.so",
        "usercustomize.abi3.so",
    }
    for name in kept | gone:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    folder = IMAGES_DIR / "installer-pypi"
    monkeypatch.syspath_prepend(str(folder))
    runpy.run_path(str(folder / "install.py"))["_remove_start_up_code"](tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == kept
    assert not (tmp_path / "usercustomize").exists()


def test_pip_runs_on_the_interpreter_that_runs_the_installer(tmp_path: Path) -> None:
    """As it decides by that which wheels fit."""
    other = tmp_path / "pypy3"
    other.symlink_to(sys.executable)
    ours = ["-B", "-c", "import install; print(install._PIP[0])"]
    done = subprocess.run([other, *ours], cwd=IMAGES_DIR / "installer-pypi", capture_output=True, text=True, check=True)
    assert done.stdout == f"{other}\n"
