"""What was told of a program's output is told once, and what came late is told as well."""

from __future__ import annotations

import random

from coderunner.model import Output, Stream
from coderunner.told_output import ToldOutput

TEXT = "".join(chr(ord("a") + number % 26) for number in range(60))


def piece(start: int, end: int, attempt: int = 1, stream: Stream = Stream.STDOUT) -> Output:
    return Output("run", stream, start, TEXT[start:end], attempt)


def news(told: ToldOutput, one: Output) -> list[tuple[int, str]]:
    return [(part.offset, part.text) for part in told.news(one)]


def test_what_lies_before_a_gap_is_told_when_it_comes() -> None:
    told = ToldOutput()
    assert news(told, piece(0, 3)) == [(0, TEXT[:3])]
    assert news(told, piece(6, 9)) == [(6, TEXT[6:9])]
    assert news(told, piece(0, 12)) == [(3, TEXT[3:6]), (9, TEXT[9:12])]
    assert news(told, piece(0, 12)) == []


def test_whatever_the_order_each_character_is_told_once() -> None:
    for seed in range(200):
        shuffling, told = random.Random(seed), ToldOutput()
        shown = [""] * len(TEXT)
        pieces = [sorted(shuffling.sample(range(len(TEXT) + 1), 2)) for _ in range(30)] + [[0, len(TEXT)]]
        for start, end in pieces:
            for offset, text in news(told, piece(start, end)):
                for place, character in enumerate(text, offset):
                    shown[place] += character
        assert "".join(shown) == TEXT


def test_streams_and_stages_have_their_own() -> None:
    told = ToldOutput()
    assert news(told, piece(0, 3))
    assert news(told, piece(0, 3, stream=Stream.STDERR))
    assert news(told, Output("compile", Stream.STDOUT, 0, "abc", 1))


def test_another_attempt_begins_anew_and_an_older_one_is_nothing() -> None:
    told = ToldOutput()
    assert news(told, piece(0, 3))
    assert news(told, piece(0, 3, attempt=2)) == [(0, TEXT[:3])]
    assert news(told, piece(3, 6)) == []


def test_an_empty_piece_is_nothing() -> None:
    told = ToldOutput()
    assert news(told, piece(3, 3)) == []
    assert "".join(text for _, text in news(told, piece(0, 6))) == TEXT[:6]
