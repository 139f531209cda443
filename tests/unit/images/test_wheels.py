"""The wheels that an image's build context holds, fetched by pip from a folder that stands for an index."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from sandbox.builder.content import ImageError, ImageSource
from sandbox.builder.wheels import WHEELS_FILE, fetched_wheels

NAME = "tool-1.0-py3-none-any.whl"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its index; it has one wheel."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / NAME, "w") as wheel:
        wheel.writestr("tool/tool", "a program")
        wheel.writestr("tool-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n")
        wheel.writestr("tool-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tool-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def image(folder: Path, wheels: str | None) -> ImageSource:
    source = ImageSource("tool", folder / "tool")
    source.directory.mkdir()
    (source.directory / "Dockerfile").write_text("FROM coderunner/base\n")
    if wheels is not None:
        (source.directory / WHEELS_FILE).write_text(wheels)
    return source


def test_an_image_without_a_list_has_none(tmp_path: Path) -> None:
    with fetched_wheels(image(tmp_path, None), lambda _: None) as wheels:
        assert wheels == []


def test_what_the_list_names_is_there_while_the_image_is_built_and_gone_afterwards(index: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256((index / NAME).read_bytes()).hexdigest()
    with fetched_wheels(image(tmp_path, f"tool==1.0 --hash=sha256:{digest}\n"), lambda _: None) as wheels:
        (wheel,) = wheels
        assert wheel.read_bytes() == (index / NAME).read_bytes()
    assert not wheel.exists()


@pytest.mark.parametrize("listed", ["tool==1.0", f"tool==1.0 --hash=sha256:{'0' * 64}", "other==2.0 --hash=sha256:00"])
def test_another_wheel_than_the_listed_one_is_refused_in_one_sentence(index: Path, tmp_path: Path, listed: str) -> None:
    source = image(tmp_path, f"{listed}\n")
    with pytest.raises(ImageError, match=r"^The wheels of coderunner/tool cannot be had: \S"):  # noqa: SIM117
        with fetched_wheels(source, lambda _: None):
            pass
