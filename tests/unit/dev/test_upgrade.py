"""Which version ``make upgrade`` takes for the other one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dev import upgrade

_AS_SOMEBODY = ("-c", "user.name=t", "-c", "user.email=t@example", "-c", "commit.gpgsign=false")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits, the first of which sets ``VERSION``."""
    monkeypatch.setattr(upgrade, "REPOSITORY", tmp_path)
    _git(tmp_path, "init", "--quiet")
    for name in ("VERSION", "later"):
        (tmp_path / name).touch()
        _git(tmp_path, "add", name)
        _git(tmp_path, *_AS_SOMEBODY, "commit", "--quiet", "--message", name)
    return tmp_path


def test_it_is_the_one_that_set_the_version_before_there_is_a_tag(repository: Path) -> None:
    assert upgrade.usual_ref() == _git(repository, "rev-parse", "HEAD~1")


def test_it_is_the_last_tag(repository: Path) -> None:
    _git(repository, *_AS_SOMEBODY, "tag", "--annotate", "v0.2.0", "--message", "t", "HEAD~1")
    assert upgrade.usual_ref() == "v0.2.0"


def test_a_name_that_git_does_not_know_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert upgrade.main(["v9.9.9"]) == 1
    assert "git knows no commit v9.9.9" in capsys.readouterr().out
    assert not (repository / ".run").exists()


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()
