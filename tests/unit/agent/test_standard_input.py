"""A program's standard input, as the agent writes it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from node.agent.standard_input import StandardInput


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(writer, False)
    yield reader, writer
    for fd in (reader, writer):
        try:
            os.close(fd)
        except OSError:
            continue


def test_what_does_not_fit_waits_for_the_program(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    stdin = StandardInput(writer, memoryview(b"x" * 200_000))
    stdin.feed()
    assert stdin.wants_to_write
    read = 0
    while piece := os.read(reader, 65_536):
        read += len(piece)
        stdin.feed()
    assert read == 200_000
    assert not stdin.is_open


def test_one_that_lasts_is_closed_when_it_is_finished_and_not_before(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    stdin = StandardInput(writer, memoryview(b"a"), lasts=True)
    stdin.feed()
    assert stdin.is_open
    assert not stdin.wants_to_write
    stdin.add(b"b")
    stdin.finish()
    stdin.add(b"never")
    stdin.feed()
    assert os.read(reader, 10) == b"ab"
    assert os.read(reader, 10) == b""


def test_the_end_of_a_terminal_is_written(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    stdin = StandardInput(writer, memoryview(b""), lasts=True, end=b"\x04")
    stdin.finish()
    stdin.finish()
    stdin.feed()
    assert os.read(reader, 10) == b"\x04"


def test_what_nobody_reads_any_more_is_thrown_away(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.close(reader)
    stdin = StandardInput(writer, memoryview(b"x"), lasts=True)
    stdin.feed()
    stdin.add(b"y")
    stdin.feed()
    assert not stdin.is_open
    assert not stdin.wants_to_write
