"""What the resident compiler answers."""

from __future__ import annotations

import struct

import pytest

from node.agent.compile_server import parse_answer

ANSWER = struct.pack("!iI", 1, 6) + b"error\n"


def test_an_answer_is_an_exit_code_and_diagnostics() -> None:
    assert parse_answer(ANSWER) == (1, b"error\n")
    assert parse_answer(struct.pack("!iI", -1, 0)) == (-1, b"")


@pytest.mark.parametrize("size", range(len(ANSWER)))
def test_an_answer_is_none_until_all_of_it_is_there(size: int) -> None:
    assert parse_answer(ANSWER[:size]) is None
