"""Emptying directories that a program has filled, on a temporary tree."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from node.agent.wipe import empty, verify


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "directory"
    made.mkdir()
    return made


def test_files_folders_and_hidden_ones_go_and_the_directory_stays(directory: Path) -> None:
    (directory / "a").write_text("x")
    (directory / ".hidden").mkdir()
    (directory / ".hidden" / "inner").mkdir()
    (directory / ".hidden" / "inner" / "file").write_text("x")
    empty(str(directory))
    assert list(directory.iterdir()) == []


def test_a_link_goes_and_what_it_points_to_stays(directory: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    (directory / "folder").symlink_to(kept)
    (directory / "file").symlink_to(kept / "file")
    (directory / "nowhere").symlink_to("/nowhere")
    os.link(kept / "file", directory / "hard")
    empty(str(directory))
    assert list(directory.iterdir()) == []
    assert (kept / "file").read_text() == "x"


def test_sockets_and_pipes_go(directory: Path) -> None:
    os.mkfifo(directory / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(directory / "s"))
        empty(str(directory))
    assert list(directory.iterdir()) == []


def test_a_folder_that_nobody_may_enter_goes(directory: Path) -> None:
    outer = directory / "outer"
    (outer / "inner").mkdir(parents=True)
    (outer / "inner" / "file").write_text("x")
    (outer / "inner").chmod(0)
    outer.chmod(0)
    empty(str(directory))
    assert list(directory.iterdir()) == []


def test_a_name_that_is_no_text_goes(directory: Path) -> None:
    folder = directory / os.fsdecode(b"\xff\n")
    folder.mkdir()
    (folder / os.fsdecode(b"\xfe")).write_text("x")
    empty(str(directory))
    assert list(directory.iterdir()) == []


def test_a_tree_deeper_than_a_path_may_be_long_goes(directory: Path) -> None:
    at = os.open(directory, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("a-name-of-some-length", dir_fd=at)
        inner = os.open("a-name-of-some-length", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)
    empty(str(directory))
    assert list(directory.iterdir()) == []


def test_a_directory_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    empty(str(tmp_path / "nothing"))
    assert verify([str(tmp_path / "nothing")], tables=[]) == []


def test_empty_directories_are_clean(directory: Path) -> None:
    assert verify([str(directory)], tables=[]) == []


def test_each_directory_that_is_not_empty_is_a_problem_that_names_it(directory: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / ".left").touch()
    assert verify([str(directory), str(other)], tables=[]) == [f"{other} is not empty"]


def test_a_table_of_system_v_objects_with_more_than_its_heading_is_a_problem(directory: Path) -> None:
    heading, listing = directory.parent / "sem", directory.parent / "shm"
    heading.write_text("key semid\n")
    listing.write_text("key shmid\n0 1\n")
    tables = [str(heading), str(listing), str(directory / "not there")]
    assert verify([str(directory)], tables) == [f"{listing} lists an object"]
