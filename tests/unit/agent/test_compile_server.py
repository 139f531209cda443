"""What the resident compiler answers."""

from __future__ import annotations

import struct
import time

import pytest

from node.agent.compile_server import Answer

ANSWER = struct.pack("!iI", 1, 6) + b"error\n"


def answer_of(*pieces: bytes, keep_bytes: int = 100) -> tuple[int, int, bytes] | None:
    answer = Answer(keep_bytes)
    for piece in pieces:
        assert answer.complete() is None
        answer.take(piece)
    return answer.complete()


def test_an_answer_is_an_exit_code_and_diagnostics() -> None:
    assert answer_of(ANSWER) == (1, 6, b"error\n")
    assert answer_of(struct.pack("!iI", -1, 0)) == (-1, 0, b"")


@pytest.mark.parametrize("size", range(len(ANSWER)))
def test_an_answer_is_none_until_all_of_it_is_there(size: int) -> None:
    assert answer_of(ANSWER[:size]) is None
    assert answer_of(ANSWER[:size], ANSWER[size:]) == (1, 6, b"error\n")


def test_of_long_diagnostics_the_first_are_kept_and_all_are_counted() -> None:
    assert answer_of(ANSWER, keep_bytes=2) == (1, 6, b"er")
    assert answer_of(ANSWER[:5], ANSWER[5:11], ANSWER[11:], keep_bytes=2) == (1, 6, b"er")


def test_a_hundred_errors_on_one_line_of_256_kib_are_taken_in_a_moment() -> None:
    """All that had come was copied for each piece, of which a pipe holds 64 KiB: seconds, and twice its memory."""
    size = 100 << 20
    answer = Answer(64 << 10)
    begun = time.monotonic()
    answer.take(struct.pack("!iI", 1, size))
    for _ in range(size >> 16):
        answer.take(bytes(1 << 16))
    assert answer.complete() == (1, size, bytes(64 << 10))
    assert time.monotonic() - begun < 1
