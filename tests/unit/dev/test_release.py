"""What ``make release`` asks for before it builds, and what the services' image is made from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dev.release import unready
from dev.service_images import DOCKERFILE, TRUSTED, services_image

_AS_SOMEBODY = ("-c", "user.name=t", "-c", "user.email=t@example", "-c", "commit.gpgsign=false")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository in which 0.2.0 is ready."""
    repository = tmp_path / "checkout"
    (repository / DOCKERFILE).parent.mkdir(parents=True)
    (repository / TRUSTED).parent.mkdir()
    (repository / DOCKERFILE).write_text("FROM scratch\n", encoding="utf-8")
    (repository / "requirements" / "servers.lock").touch()
    (repository / "CHANGELOG.md").write_text("## [Unreleased]\n\n## [0.2.0] - 2026-11-29\n", encoding="utf-8")
    _git(repository, "init", "--quiet")
    _commit(repository)
    return repository


def test_a_dated_version_in_a_clean_checkout_is_ready(checkout: Path) -> None:
    assert unready(checkout, "0.2.0") == []


def test_what_is_not_committed_is_not_released(checkout: Path) -> None:
    (checkout / "new").touch()
    assert unready(checkout, "0.2.0") == ["there are changes that are not committed"]


@pytest.mark.parametrize("headline", ["", "## [0.3.0]", "## [0.3.0] - soon", "## [0.3.01] - 2026-11-29"])
def test_a_version_without_a_dated_section_is_not_released(checkout: Path, headline: str) -> None:
    (checkout / "CHANGELOG.md").write_text(f"## [Unreleased]\n\n{headline}\n", encoding="utf-8")
    _commit(checkout)
    assert unready(checkout, "0.3.0") == ["CHANGELOG.md has no dated section for 0.3.0"]


def test_the_image_is_made_from_what_is_committed_and_what_this_machine_trusts(checkout: Path, tmp_path: Path) -> None:
    (checkout / "left-over").touch()
    trusted = tmp_path / "ca.pem"
    trusted.write_text("certificates", encoding="utf-8")
    (tmp_path / "context").mkdir()
    image = services_image(checkout, tmp_path / "context", str(trusted))
    assert image.tag == "coderunner/services"
    found = {path.relative_to(image.directory).as_posix() for path in image.files()}
    assert found == {
        *("Dockerfile", "CHANGELOG.md", DOCKERFILE.as_posix()),
        *("requirements/servers.lock", TRUSTED.as_posix()),
    }


def test_the_image_takes_no_certificates_where_this_machine_has_none_of_its_own(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    image = services_image(checkout, tmp_path / "context", "")
    assert not (image.directory / TRUSTED).exists()


def _commit(repository: Path) -> None:
    _git(repository, "add", ".")
    _git(repository, *_AS_SOMEBODY, "commit", "--quiet", "--message", "t")


def _git(repository: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=repository, check=True, stdin=subprocess.DEVNULL, capture_output=True)
