"""What the installer of npm's packages asks npm for, and what it tells of what was installed. Without npm."""

from __future__ import annotations

import json
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox import IMAGES_DIR


@pytest.fixture
def installer(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(IMAGES_DIR / "installer-pypi"))  # its relay is in both images
    return runpy.run_path(str(IMAGES_DIR / "installer-npm" / "install.py"))


def test_names_become_the_dependencies_of_a_project(installer: dict[str, Any]) -> None:
    wanted = installer["_wanted"](["@babel/core@^7", "@types/node", "lodash", "react@18||19"])
    assert wanted == {"@babel/core": "^7", "@types/node": "*", "lodash": "*", "react": "18||19"}
    with pytest.raises(SystemExit, match="lodash is named twice"):
        installer["_wanted"](["lodash@3", "lodash@4"])


def test_what_was_installed_is_told_wherever_in_the_tree_it_is(installer: dict[str, Any], tmp_path: Path) -> None:
    packages = {
        "node_modules/a": {"version": "1.0.0"},
        "node_modules/@s/b": {"version": "2.0.0-rc.1+5"},
        "node_modules/a/node_modules/c": {"version": "1.0.0"},
        "node_modules/c": {"version": "2.0.0"},
        "node_modules/other": {"name": "real", "version": "3.0.0"},
        "node_modules/evil": {"version": "1\u001b[2J"},
        "node_modules/link": {"link": True},
    }
    lock = tmp_path / "lock.json"
    lock.write_text(json.dumps({"packages": packages}))
    assert installer["installed"](lock) == ["@s/b@2.0.0-rc.1+5", "a@1.0.0", "c@1.0.0", "c@2.0.0", "real@3.0.0"]


@pytest.mark.parametrize(
    ("says", "code", "told"),
    [
        ("added 1 package", 0, "added 1 package"),
        ("npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write", 1, "cannot be unpacked"),
        ("could not be had: esbuild@1.0.0: 502 Bad Gateway", 1, "esbuild@1.0.0"),
        ("npm error 404 - GET http://127.0.0.1:7/https/r.example/x", 0, "npm error 404 - GET https://r.example/x"),
    ],
)
def test_what_npm_leaves_out_without_an_error_is_one(
    installer: dict[str, Any], capsys: pytest.CaptureFixture[str], says: str, code: int, told: str
) -> None:
    command = [
        sys.executable,
        "-c",
        f"import sys; print({says!r}); print('Log files were not written', file=sys.stderr)",
    ]
    assert installer["_run"](command, "http://127.0.0.1:7/https/r.example/", "https://r.example/") == code
    said = capsys.readouterr().err
    assert told in said
    assert "Log files" not in said


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("added 304 packages", "has told that it left out []"),
        ("could not be had: broken@1.0.0: x\ncould not be had: hidden@1: x", "has told of ['bundle@1.0.0']"),
    ],
    ids=["silent", "blind"],
)
def test_an_image_with_an_npm_that_leaves_out_in_silence_is_not_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, says: str, words: str
) -> None:
    """An npm that ends well, and says too little or does not know what is bundled."""
    for folder in ("installer-pypi", "installer-npm"):
        monkeypatch.syspath_prepend(str(IMAGES_DIR / folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    other = tmp_path / "npm.py"
    lock = {"packages": {"node_modules/bundle": {"version": "1.0.0"}}}
    writes = f"Path('node_modules').mkdir(); Path('node_modules/.package-lock.json').write_text({json.dumps(lock)!r})"
    other.write_text(f"from pathlib import Path; {writes}; print({says!r})")
    check = runpy.run_path(str(IMAGES_DIR / "installer-npm" / "check_npm.py"))
    monkeypatch.setattr(check["install"], "npm_command", lambda *_: [sys.executable, str(other)])
    with pytest.raises(SystemExit, match=re.escape(words)):
        check["_check"]("", tmp_path)
