"""Which images are built without being named."""

from __future__ import annotations

from sandbox.builder.build import wanted_images


def test_the_default_languages_images_come_with_what_installs_packages_for_them_or_without() -> None:
    every, without = set(wanted_images([])), set(wanted_images([], installers=False))
    assert without < every
    assert without == {"bash", "cpp", "go", "java", "javascript", "python"}
    assert every - without == {"installer-maven", "installer-npm", "installer-pypi"}


def test_whoever_names_images_gets_those_and_no_other() -> None:
    assert list(wanted_images(["lua"], installers=False)) == ["lua"]
