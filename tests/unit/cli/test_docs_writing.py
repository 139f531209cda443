"""Pages that are written: whole, and with all else as it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from stat import S_IMODE

import pytest

from coderunner.cli.docs.writing import rewrite


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text("old")
    return path


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o600, 0o666])
def test_a_page_keeps_its_mode_and_leaves_nothing_beside_it(page: Path, mode: int) -> None:
    page.chmod(mode)
    before = page.stat().st_ino
    rewrite(page, b"new")
    assert (page.read_text(), S_IMODE(page.stat().st_mode)) == ("new", mode)
    assert page.stat().st_ino != before
    assert list(page.parent.iterdir()) == [page]


def test_a_link_stays_one_and_its_file_is_written_where_it_is(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    link, further = folder / "linked.md", folder / "further.md"
    link.symlink_to(Path("..") / page.name)
    further.symlink_to(link)
    rewrite(further, b"new")
    assert (page.read_text(), link.is_symlink(), further.is_symlink()) == ("new", True, True)
    assert len(list(folder.iterdir())) == 2


def test_a_page_with_the_longest_name_is_written(tmp_path: Path) -> None:
    page = tmp_path / f"{'p' * 252}.md"
    page.write_text("old")
    rewrite(page, b"new")
    assert page.read_text() == "new"


def test_a_disk_that_is_full_leaves_the_page_as_it_was(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "chmod", full)
    with pytest.raises(OSError, match="No space"):
        rewrite(page, b"new")
    assert page.read_text() == "old"
    assert list(page.parent.iterdir()) == [page]


def test_a_page_whose_place_no_other_file_can_take_is_written_in_place(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(Path, "replace", busy)
    before = page.stat().st_ino
    rewrite(page, b"new")
    assert (page.read_text(), page.stat().st_ino) == ("new", before)
    assert list(page.parent.iterdir()) == [page]


def test_a_page_that_is_gone_is_an_error(page: Path) -> None:
    page.unlink()
    with pytest.raises(FileNotFoundError):
        rewrite(page, b"new")
