"""The work directory: names that stay in it, links that are not followed, and what is brought back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from node.agent import workdir
from node.agent.workdir import TooLargeError, collect, write


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "task"
    made.mkdir()
    return made


def collected(
    directory: Path, *patterns: str, max_bytes: int = 1000, max_files: int = 10, max_name_bytes: int = 1000
) -> list[tuple[str, bytes]]:
    return collect(
        str(directory), list(patterns), max_bytes=max_bytes, max_files=max_files, max_name_bytes=max_name_bytes
    )


def names(directory: Path, *patterns: str, max_bytes: int = 1000) -> list[str]:
    return [name for name, _ in collected(directory, *patterns, max_bytes=max_bytes)]


def test_each_work_directory_is_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workdir, "WORKSPACE", str(tmp_path))
    first, second = workdir.make(), workdir.make()
    assert first != second
    assert all(Path(path).is_dir() and Path(path).name.startswith("task-") for path in (first, second))


def test_files_are_written_with_their_folders(directory: Path) -> None:
    write(str(directory), [("a", b"1", False), ("b/c/d", memoryview(b"22"), False), ("b/e", b"", False)])
    assert {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    } == {
        "a": b"1",
        "b/c/d": b"22",
        "b/e": b"",
    }


def test_only_a_program_is_executable(directory: Path) -> None:
    write(str(directory), [("text", b"", False), ("program", b"", True)])
    assert not (directory / "text").stat().st_mode & 0o111
    assert (directory / "program").stat().st_mode & 0o100


def test_a_link_is_made_beside_work_directories_and_over_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workdir, "WORKSPACE", str(tmp_path))
    workdir.link({"modules": "/packages/x", "others": "/packages/y"})
    assert {path.name: str(path.readlink()) for path in tmp_path.iterdir()} == {
        "modules": "/packages/x",
        "others": "/packages/y",
    }
    for name in ("modules", "a/b", "..", "", "a\0"):
        with pytest.raises((OSError, ValueError)):
            workdir.link({name: "/packages/x"})


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/etc/passwd", "../up", "a/../../b", "a/./b", "a//b", "a/", "a\0b", "a\0/b"]
)
def test_a_name_that_would_leave_the_directory_is_refused(directory: Path, name: str) -> None:
    with pytest.raises(OSError, match="not a name inside"):
        write(str(directory), [(name, b"x", False)])
    assert list(directory.iterdir()) == []


def test_a_file_is_not_written_over_another(directory: Path) -> None:
    with pytest.raises(FileExistsError):
        write(str(directory), [("a", b"first", False), ("a", b"second", False)])
    assert (directory / "a").read_bytes() == b"first"


def test_no_link_is_followed_in_writing(directory: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (directory / "folder").symlink_to(outside)
    (directory / "file").symlink_to(outside / "file")
    for name in ("folder/file", "file"):
        with pytest.raises(OSError, match=name.partition("/")[0]):
            write(str(directory), [(name, b"x", False)])
    assert list(outside.iterdir()) == []


def test_a_work_directory_that_is_a_link_is_not_entered(directory: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(directory)
    with pytest.raises(NotADirectoryError):
        write(str(link), [("a", b"", False)])
    with pytest.raises(NotADirectoryError):
        collected(link, "*")


def test_files_that_match_a_pattern_are_brought_back_in_order(directory: Path) -> None:
    write(
        str(directory),
        [("b.class", b"2", False), ("a.class", b"1", False), ("p/c.class", b"3", False), ("x", b"", False)],
    )
    assert collected(directory, "*.class") == [("a.class", b"1"), ("b.class", b"2"), ("p/c.class", b"3")]
    assert names(directory, "x", "p/*") == ["p/c.class", "x"]
    assert names(directory) == []


def test_only_regular_files_are_brought_back(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "secret").write_text("x")
    (directory / "link").symlink_to(tmp_path / "secret")
    (directory / "folder").symlink_to(tmp_path / "folder")
    os.mkfifo(directory / "pipe")
    (directory / "real").write_text("x")
    assert names(directory, "*") == ["real"]


def test_a_file_whose_name_is_no_text_is_not_brought_back(directory: Path) -> None:
    Path(os.fsdecode(os.fsencode(directory) + b"/\xff")).write_text("x")
    (directory / "\u00e4").write_text("x")
    assert names(directory, "*") == ["\u00e4"]


def test_folders_are_searched_to_a_depth(directory: Path) -> None:
    deep = directory
    for _ in range(40):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    (directory / "d" / "file").touch()
    assert names(directory, "*file") == ["d/file"]


def test_as_many_bytes_as_allowed_are_brought_back_and_not_one_more(directory: Path) -> None:
    write(str(directory), [("a", b"123", False), ("b", b"45", False)])
    assert names(directory, "*", max_bytes=5) == ["a", "b"]
    with pytest.raises(TooLargeError, match=r"^left more than 4 bytes to run$"):
        collected(directory, "*", max_bytes=4)
    assert names(directory, "b", max_bytes=2) == ["b"]


def test_as_many_files_as_allowed_are_brought_back_and_not_one_more(directory: Path) -> None:
    write(str(directory), [("a", b"", False), ("b", b"", False)])
    assert len(collected(directory, "*", max_files=2)) == 2
    with pytest.raises(TooLargeError, match=r"^left more than 1 files to run$"):
        collected(directory, "*", max_files=1)


def test_names_count_as_a_frame_spells_them(directory: Path) -> None:
    write(str(directory), [("é", b"", False)])
    spelled = len('"\\u00e9"')
    assert len(collected(directory, "*", max_name_bytes=spelled)) == 1
    with pytest.raises(TooLargeError, match="names have more than 7 bytes"):
        collected(directory, "*", max_name_bytes=spelled - 1)
