"""The parts of a run that need no slot: its body, its output, and what it brings back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from node.agent.capture import Capture
from node.agent.run import Run
from node.agent.run_files import split


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


def test_a_stream_that_ends_with_the_programs_time_is_still_the_loops_to_forget(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise its number stayed in the loop's poll, which then never slept again."""
    reader, writer = pipe
    os.write(writer, b"last")
    os.close(writer)
    emitted: list[bytes] = []
    run = Run.__new__(Run)
    run.id, run.pid, run.ending = "1", 1 << 30, None
    run._config = SimpleNamespace(uid=1000)  # type: ignore[assignment]
    run._interaction = None
    run._header, run._status, run._dump = {"stack_dump": {"signal": 64, "stream": "stderr", "begin": "x"}}, None, None
    run.account = SimpleNamespace(stop_clock=lambda: None, close=lambda *_, **__: ("wall", {}))  # type: ignore[assignment]
    run._emit = lambda header, *body: emitted.extend(body)
    run._captures = [Capture("stdout", reader, limit=100)]
    monkeypatch.setattr("node.agent.stack_dump.signal_process", lambda *_: None)
    run._end_at("wall")
    assert emitted == [b"last"]
    assert run.readers() == [reader]
    run.read_output(reader)
    assert run.readers() == []
