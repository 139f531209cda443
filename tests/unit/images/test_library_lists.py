"""What docs/batteries.md lists is what the images have."""

from __future__ import annotations

import re

import pytest

from sandbox import IMAGES_DIR
from tests.servers.nats import REPOSITORY

PAGE = (REPOSITORY / "docs" / "batteries.md").read_text("utf-8")


def listed(language: str) -> list[str]:
    """The names in code of the first paragraph under the language's heading."""
    section = PAGE.partition(f": `{language}`\n\n")[2]
    return re.findall(r"`([^`]+)`", section.partition("\n\n")[0])


@pytest.mark.parametrize("language", ["javascript-batteries", "go-batteries"])
def test_the_page_lists_the_packages_of_the_image(language: str) -> None:
    packages = (IMAGES_DIR / language / "packages.txt").read_text("utf-8").split()
    assert packages == sorted(set(packages), key=packages.index)
    assert listed(language) == packages
    assert f"| `{language}` | `{language.partition('-')[0]}` | {len(packages)} packages" in PAGE


def test_the_libraries_of_science_on_the_page_are_preloaded() -> None:
    lines = (IMAGES_DIR / "python-science" / "preloads.txt").read_text("utf-8").splitlines()
    preloaded = {name for line in lines if line.startswith("import ") for name in line.split()[1:]}
    libraries = listed("python-science")[:8]
    assert len(libraries) == 8
    assert set(libraries) <= preloaded
