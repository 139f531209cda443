"""When an image is built again, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.builder.bootstrap import suite_of
from sandbox.builder.content import ImageError, build_order, content_hashes, discover

BASE = "ARG BASE=debian:trixie-slim\nFROM ${BASE}\n"
ARGUMENTS = {"BASE": "debian:trixie-slim"}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """``base``; ``tool`` on it; ``product`` on both."""
    write(tmp_path / "base" / "Dockerfile", BASE)
    write(tmp_path / "tool" / "Dockerfile", "FROM coderunner/base\nCOPY run /run\n")
    write(tmp_path / "tool" / "run", "one")
    write(tmp_path / "product" / "Dockerfile", "FROM coderunner/tool AS made\nFROM coderunner/base\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def hashes(root: Path, **arguments: str) -> dict[str, str]:
    sources = discover(root)
    return content_hashes(build_order(sources, sources), {**ARGUMENTS, **arguments})


def changed(root: Path, change: Callable[[], object]) -> set[str]:
    """The images whose hash the change alters."""
    before = hashes(root)
    change()
    after = hashes(root)
    return {name for name in after if after[name] != before.get(name)}


def test_the_same_content_has_the_same_hash_wherever_it_lies(
    images: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("copy")
    for path in (path for path in images.rglob("*") if path.is_file()):
        write(copy / path.relative_to(images), path.read_text())
    assert hashes(copy) == hashes(images)


def test_a_changed_file_changes_its_image_and_what_is_built_on_it(images: Path) -> None:
    assert changed(images, lambda: write(images / "tool" / "run", "two")) == {"tool", "product"}


def test_a_changed_base_changes_every_image(images: Path) -> None:
    assert changed(images, lambda: write(images / "base" / "Dockerfile", BASE + "RUN true\n")) == {
        "base",
        "tool",
        "product",
    }


def test_a_renamed_file_counts_as_a_change(images: Path) -> None:
    assert "tool" in changed(images, lambda: (images / "tool" / "run").rename(images / "tool" / "ran"))


def test_a_file_that_becomes_executable_counts_as_a_change(images: Path) -> None:
    assert "tool" in changed(images, lambda: (images / "tool" / "run").chmod(0o755))


def test_a_link_that_leads_elsewhere_counts_as_a_change(images: Path) -> None:
    link = images / "tool" / "link"
    assert changed(images, lambda: link.symlink_to("run")) == {"tool", "product"}
    link.unlink()
    assert changed(images, lambda: link.symlink_to("../base")) == {"tool", "product"}


def test_content_cannot_be_moved_between_files_unnoticed(images: Path) -> None:
    write(images / "tool" / "a", "xy")
    write(images / "tool" / "b", "z")

    def move() -> None:
        write(images / "tool" / "a", "x")
        write(images / "tool" / "b", "yz")

    assert "tool" in changed(images, move)


def test_caches_and_hidden_files_do_not_count(images: Path) -> None:
    def litter() -> None:
        write(images / "tool" / "__pycache__" / "x.pyc", "x")
        write(images / "tool" / ".cache", "x")

    assert changed(images, litter) == set()


def test_another_base_image_rebuilds_everything(images: Path) -> None:
    usual, other = hashes(images), hashes(images, BASE="example/debian:13")
    assert all(usual[name] != other[name] for name in usual)


def test_an_argument_that_no_dockerfile_takes_changes_nothing(images: Path) -> None:
    assert hashes(images, OTHER="value") == hashes(images)


def test_parents_are_built_first_and_once(images: Path) -> None:
    order = [source.name for source in build_order(discover(images), ["product", "tool"])]
    assert sorted(order) == ["base", "product", "tool"]
    assert order.index("base") < order.index("tool") < order.index("product")


def test_one_image_needs_only_what_it_stands_on(images: Path) -> None:
    assert [source.name for source in build_order(discover(images), ["tool"])] == ["base", "tool"]


def test_what_an_image_has_from_others_is_known_and_stages_of_its_own_are_none(images: Path) -> None:
    text = "FROM coderunner/base AS base\nfrom debian:bookworm-slim as older\nFROM older\nFROM scratch\n"
    write(images / "older" / "Dockerfile", text)
    sources = discover(images)
    assert sources["older"].parents == ("base",)
    assert sources["older"].bases(ARGUMENTS) == ("debian:bookworm-slim",)
    assert sources["base"].bases(ARGUMENTS) == ("debian:trixie-slim",)
    assert sources["tool"].bases(ARGUMENTS) == ()


@pytest.mark.parametrize(
    ("base", "suite"),
    [
        ("debian:trixie-slim", "trixie"),
        ("debian:bookworm-slim", "bookworm"),
        ("debian:12-slim", ""),
        ("example/debian:bookworm-slim", ""),
        ("debian:--hook-slim", ""),
    ],
)
def test_the_release_of_a_base_that_can_be_made_here_is_in_its_name(base: str, suite: str) -> None:
    assert suite_of(base) == suite


def test_an_unknown_image_is_named_with_those_that_exist(images: Path) -> None:
    with pytest.raises(ImageError, match=r"There is no image 'rust'; known are base, product, tool\."):
        build_order(discover(images), ["rust"])


def test_images_that_build_on_each_other_are_refused(images: Path) -> None:
    write(images / "tool" / "Dockerfile", "FROM coderunner/product\n")
    with pytest.raises(ImageError, match="circle: product -> tool -> product"):
        build_order(discover(images), ["product"])
