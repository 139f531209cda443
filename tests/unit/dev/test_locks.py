"""The lock files: complete, with hashes, of no particular registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dev.lock import lock_file, requirements

LOCKS = requirements()
PYTHONS = ("3.11", "3.12", "3.13")


def entries(name: str) -> dict[str, list[str]]:
    """By requirement as it is locked: its hashes."""
    found: dict[str, list[str]] = {}
    for line in lock_file(name).read_text(encoding="utf-8").splitlines():
        text = line.removesuffix("\\").strip()
        if text.startswith("--hash="):
            found[next(reversed(found))].append(text.removeprefix("--hash="))
        elif text and not text.startswith("#"):
            found[text] = []
    return found


def locked(name: str, python: str) -> dict[str, str]:
    """Versions by package for one Python on Linux."""
    environment = {"python_version": python, "python_full_version": f"{python}.4", "sys_platform": "linux"}
    pinned = [Requirement(text) for text in entries(name)]
    here = [pin for pin in pinned if pin.marker is None or pin.marker.evaluate(environment)]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in here}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_what_the_projects_ask_for_is_locked_in_a_version_that_suits_them(name: str, python: str) -> None:
    versions = locked(name, python)
    for text in LOCKS[name]:
        wanted = Requirement(text)
        assert canonicalize_name(wanted.name) in versions, f"{text} is not in {name}.lock: run `make lock`"
        assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)]), f"{text}: run `make lock`"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_files_agree_so_that_one_environment_can_hold_them_all(python: str) -> None:
    whole: dict[str, str] = {}
    for name in LOCKS:
        for package, version in locked(name, python).items():
            assert whole.setdefault(package, version) == version, package


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_and_has_hashes(name: str) -> None:
    for text, hashes in entries(name).items():
        assert re.match(r"[\w.\-\[\]]+==[\w.+!]+( ;|$)", text), text
        assert hashes, text
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), text


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_registry(name: str) -> None:
    text = lock_file(name).read_text(encoding="utf-8")
    assert "://" not in text
    options = [line for line in text.splitlines() if line.startswith("-")]
    assert options == []


def test_our_own_distributions_are_not_locked() -> None:
    for path in Path(lock_file("dev")).parent.glob("*.lock"):
        assert not any(text.startswith("coderunner") for text in entries(path.stem))
