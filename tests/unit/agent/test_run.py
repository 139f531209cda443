"""The parts of a run that need no slot: its body, its output, and what it brings back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from node.agent.run import Capture, split


def test_a_body_is_split_into_files_and_stdin() -> None:
    header: dict[str, Any] = {
        "files": [{"name": "a", "size": 2}, {"name": "b/c", "size": 0}, {"name": "d", "size": 1, "executable": True}],
        "stdin_size": 3,
    }
    files, stdin = split(header, bytearray(b"aad<in"))
    assert [(name, bytes(content), executable) for name, content, executable in files] == [
        ("a", b"aa", False),
        ("b/c", b"", False),
        ("d", b"d", True),
    ]
    assert bytes(stdin) == b"<in"


def test_a_body_is_not_copied() -> None:
    body = bytearray(b"ab")
    files, stdin = split({"files": [{"name": "a", "size": 1}], "stdin_size": 1}, body)
    body[:] = b"xy"
    assert (bytes(files[0][1]), bytes(stdin)) == (b"x", b"y")


def test_a_run_without_files_and_stdin_has_neither() -> None:
    files, stdin = split({"files": [], "stdin_size": 0}, bytearray())
    assert (files, bytes(stdin)) == ([], b"")


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    yield reader, writer
    os.close(reader)


def test_output_is_read_as_it_comes(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    capture = Capture("stdout", reader, limit=100)
    assert capture.read() == b""
    os.write(writer, b"one")
    assert capture.read() == b"one"
    os.write(writer, b"two")
    os.close(writer)
    assert (capture.read(), capture.open) == (b"two", True)
    assert (capture.read(), capture.open) == (b"", False)
    assert not capture.truncated


def test_output_up_to_its_limit_is_whole(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    capture = Capture("stdout", reader, limit=6)
    os.write(writer, b"onetwo")
    os.close(writer)
    assert (capture.read(), capture.read()) == (b"onetwo", b"")
    assert not capture.truncated


def test_output_past_its_limit_is_cut_and_read_on_so_that_the_program_does_not_block(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    capture = Capture("stdout", reader, limit=4)
    os.write(writer, b"onetwo")
    assert (capture.read(), capture.truncated, capture.open) == (b"onet", True, True)
    os.write(writer, b"more")
    assert (capture.read(), capture.truncated) == (b"", True)
    os.close(writer)
    capture.read()
    assert not capture.open
