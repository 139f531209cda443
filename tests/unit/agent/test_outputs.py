"""The files that a program leaves: what comes back of them, and that nothing else does."""

from __future__ import annotations

import gc
import os
import time
import tracemalloc
from pathlib import Path

import pytest

from node.agent.file_content import FileContent, Part
from node.agent.outputs import outputs


def left(path: Path, *patterns: str, max_bytes: int = 1 << 20, max_files: int = 64) -> list[tuple[str, int, bytes]]:
    found, _ = outputs(str(path), patterns, max_bytes=max_bytes, max_files=max_files)
    return [(name, size, read(content)) for name, size, content in found]


def are_all(path: Path, max_files: int = 64) -> bool:
    return outputs(str(path), ["*.png"], max_bytes=0, max_files=max_files)[1]


def read(content: Part) -> bytes:
    return b"".join(content.pieces()) if isinstance(content, FileContent) else content


def names(path: Path, *patterns: str) -> list[str]:
    return [name for name, _, _ in left(path, *patterns)]


def write(path: Path, *files: str, content: bytes = b"x") -> None:
    for name in files:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)


def test_a_file_has_its_name_its_size_and_what_it_holds(tmp_path: Path) -> None:
    write(tmp_path, "out/é.png", content=b"\x89PNG")
    write(tmp_path, "out/empty", content=b"")
    assert left(tmp_path, "out/*") == [("out/empty", 0, b""), ("out/é.png", 4, b"\x89PNG")]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["out/*"], ["out/a.png", "out/b/c.csv"]),
        (["out/*.png"], ["out/a.png"]),
        (["*.png"], ["main.png", "out/a.png"]),
        (["out/b/*", "out/*"], ["out/a.png", "out/b/c.csv"]),
        (["out/*", "out/b/c.csv"], ["out/a.png", "out/b/c.csv"]),
        (["main.png"], ["main.png"]),
        (["main.png", "*.csv"], ["main.png", "out/b/c.csv"]),
        (["nothing/*"], []),
        (["main.png/*"], []),
        (["[mn]ain.p?g"], ["main.png"]),
    ],
)
def test_patterns_say_what_comes_back_and_each_comes_once(
    tmp_path: Path, patterns: list[str], found: list[str]
) -> None:
    write(tmp_path, "main.png", "out/a.png", "out/b/c.csv", "other/d.txt")
    assert sorted(names(tmp_path, *patterns)) == found


def test_no_link_is_followed_and_nothing_but_a_file_is_read(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(tmp_path, "out/a", "secret/b")
    (out / "link").symlink_to("/etc/passwd")
    (out / "folder").symlink_to(tmp_path / "secret")
    os.mkfifo(out / "fifo")
    (out / "device").symlink_to("/dev/zero")
    assert names(tmp_path, "out/*") == ["out/a"]
    (tmp_path / "linked").symlink_to("secret")
    assert names(tmp_path, "linked/*") == []
    assert left(out / "link", "*") == []


def test_what_does_not_fit_has_its_size_and_leaves_room_for_others(tmp_path: Path) -> None:
    write(tmp_path, "a", content=b"1" * 10)
    write(tmp_path, "b", content=b"2" * 100)
    write(tmp_path, "c", content=b"3" * 5)
    assert left(tmp_path, "*", max_bytes=15) == [("a", 10, b"1" * 10), ("b", 100, b""), ("c", 5, b"3" * 5)]


def test_a_large_file_is_read_in_pieces_when_it_is_sent_and_closed_then(tmp_path: Path) -> None:
    write(tmp_path, "a", content=bytes(range(256)) * 4096)
    ((_, size, content),), _ = outputs(str(tmp_path), ["*"], max_bytes=1 << 20, max_files=64)
    assert isinstance(content, FileContent)
    pieces = list(content.pieces())
    assert content.is_closed
    assert max(map(len, pieces)) <= 1 << 16
    assert (len(content), b"".join(pieces)) == (size, bytes(range(256)) * 4096)


@pytest.mark.parametrize(("left_of_it", "sent"), [(b"", b"\0\0\0\0"), (b"ab", b"ab\0\0"), (b"abcdef", b"abcd")])
def test_a_file_that_changes_before_it_is_sent_keeps_its_size(tmp_path: Path, left_of_it: bytes, sent: bytes) -> None:
    write(tmp_path, "a", content=b"1234")
    ((_, size, content),), _ = outputs(str(tmp_path), ["*"], max_bytes=1 << 20, max_files=64)
    (tmp_path / "a").write_bytes(left_of_it)
    assert (size, read(content)) == (4, sent)


def test_a_file_of_terabytes_costs_nothing(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 42)
    assert left(tmp_path, "*") == [("sparse", 1 << 42, b"")]


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "a", "gone/b")
    assert left(tmp_path / "gone" / "b", "*") == []
    assert left(tmp_path / "nowhere", "*") == []


@pytest.mark.parametrize("name", [b"\xff.png", b"a\nb", b"a\x1b[31m", "a\u202eb".encode(), "\u0085".encode()])
def test_a_name_that_is_no_text_or_would_move_a_cursor_does_not_come_back(tmp_path: Path, name: bytes) -> None:
    (Path(os.fsdecode(bytes(tmp_path) + b"/" + name))).write_bytes(b"x")
    assert names(tmp_path, "*") == []


def test_so_many_files_come_back_and_no_more(tmp_path: Path) -> None:
    write(tmp_path, *(f"{number:03}" for number in range(100)))
    assert names(tmp_path, "*") == [f"{number:03}" for number in range(64)]


def test_it_is_told_whether_these_are_all_that_match(tmp_path: Path) -> None:
    write(tmp_path, "a.png", "b.png", "c.txt")
    assert [are_all(tmp_path, number) for number in (1, 2, 3)] == [False, True, True]
    folder = tmp_path / "more"
    folder.mkdir()
    for number in range(995):
        os.mknod(folder / str(number))
    assert are_all(tmp_path)
    os.mknod(folder / "the thousandth")
    assert not are_all(tmp_path)


def test_a_tree_without_end_ends(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(200):
        deep /= "d"
        deep.mkdir()
    write(deep, "bottom")
    write(tmp_path, "top")
    assert names(tmp_path, "*") == ["top"]


def test_nothing_is_kept_of_the_patterns_of_a_run(tmp_path: Path) -> None:
    write(tmp_path, "out/a")

    def traced_bytes(runs: range) -> int:
        for run in runs:
            assert names(tmp_path, *(f"out/{'*b' * 50}{run}.{number}" for number in range(8))) == []
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = traced_bytes(range(10))
        assert traced_bytes(range(10, 60)) - before < 50_000
    finally:
        tracemalloc.stop()


def test_twenty_thousand_files_and_patterns_made_to_be_slow_cost_no_second(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for number in range(20_000):
        os.mknod(folder / f"{number:05}{'a' * 200}")
    patterns = [f"out/{'*a' * 60}{end}" for end in "bcdefghi"]
    started = time.process_time()
    assert names(tmp_path, *patterns) == []
    assert time.process_time() - started < 2
