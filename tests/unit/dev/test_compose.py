"""Which Compose the test of the compose files takes, and of which commit its images are."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dev import compose, composed, packages
from dev.console import SetupError


def test_the_plug_in_goes_before_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    working = {("docker", "compose"), ("docker-compose",)}
    monkeypatch.setattr(compose, "_works", lambda form: form in working)
    assert compose.compose_command() == ("docker", "compose")
    working.remove(("docker", "compose"))
    assert compose.compose_command() == ("docker-compose",)


def test_a_docker_without_the_plug_in_is_no_compose() -> None:
    assert not compose._works(("git", "compose"))
    assert compose._works(("git",))


def test_without_compose_and_packages_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(packages, "can_install", lambda: False)
    with pytest.raises(FileNotFoundError, match="make compose"):
        compose.compose_command()
    with pytest.raises(SetupError, match="apt-get install docker-compose"):
        compose.ensure_compose()


def test_the_services_image_is_of_the_files_as_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    monkeypatch.setattr(composed, "REPOSITORY", tmp_path)
    git("init", "--quiet")
    (tmp_path / "known").write_text("committed")
    git("add", ".")
    git("-c", "user.name=t", "-c", "user.email=t@example", "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", "t")
    assert composed.commit_of_this() == git("rev-parse", "HEAD")
    (tmp_path / "known").write_text("changed")
    assert git("show", f"{composed.commit_of_this()}:known") == "changed"
    assert git("stash", "list") == ""
