"""How often an image is tried before its build has failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.builder.build import build_images
from sandbox.builder.content import ImageError, ImageSource


class FailingEngine:
    """An engine whose builds fail so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.builds = 0

    def content_of(self, tag: str) -> str:
        return ""

    def build(self, source: ImageSource, *_: object) -> None:
        self.builds += 1
        if self.builds <= self.times:
            raise ImageError(f"Image {source.tag} cannot be built: the mirror broke off.")


def build(folder: Path, engine: Any, **options: Any) -> None:
    (folder / "Dockerfile").write_text("FROM scratch\n")
    build_images(["tool"], sources={"tool": ImageSource("tool", folder)}, engine=engine, **options)


def test_an_image_whose_build_broke_off_is_tried_once_more_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = FailingEngine(1)
    build(tmp_path, engine)
    assert engine.builds == 2
    said = capsys.readouterr().out
    assert "the mirror broke off." in said
    assert "once more, from the step that failed" in said


def test_what_fails_again_has_failed(tmp_path: Path) -> None:
    engine = FailingEngine(9)
    with pytest.raises(ImageError, match="broke off"):
        build(tmp_path, engine)
    assert engine.builds == 2


def test_where_somebody_waits_for_a_dockerfile_of_his_own_one_try_is_all(tmp_path: Path) -> None:
    engine = FailingEngine(1)
    with pytest.raises(ImageError):
        build(tmp_path, engine, tries=1)
    assert engine.builds == 1
