"""What a follower of a stream has been told: whatever the connections did, in the end everything."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_gateway.interfaces.http.told_output import MAX_PIECES, ToldOutput
from schemas.execution import CaseResult, Execution, OutputChunk, Stage
from schemas.status import Verdict
from tests.builders import an_execution
from tests.integration.abuse.hunting import hunting

TEXT = "0123456789abcdef"


def ran(stdout: str, stderr: str = "") -> Stage:
    return Stage(
        exit_code=0, signal=None, stdout=stdout, stderr=stderr, stdout_truncated=False, stderr_truncated=False,
        stdout_invalid_utf8=False, stderr_invalid_utf8=False, wall_ms=1, cpu_ms=1, peak_memory_bytes=1, limits_hit=[],
    )  # fmt: skip


def piece(start: int, end: int, stage: str = "run", stream: str = "stdout", attempt: int = 1) -> OutputChunk:
    text = TEXT[start:end]
    return OutputChunk(id="t", attempt=attempt, stage=stage, stream=stream, offset=start, text=text)


def ended(attempt: int = 1, cases: int = 0) -> Execution:
    """A result in which each stream of each stage has said TEXT."""
    said = ran(TEXT, TEXT)
    judged = [CaseResult(name="", verdict=Verdict.ACCEPTED, stage=said, checker_output="") for _ in range(cases)]
    return an_execution("t", attempt=attempt, compile=said, run=None if cases else said, cases=judged)


def stages(cases: int) -> list[str]:
    return ["compile", *([f"case:{index}" for index in range(cases)] or ["run"])]


@hunting(200)
@given(st.data())
def test_every_character_is_told_before_the_result_however_often_the_connection_breaks(data: st.DataObject) -> None:
    cases = data.draw(st.integers(0, 12), "cases")
    had: dict[tuple[str, str], set[int]] = {}

    def note(chunk: OutputChunk) -> None:
        had.setdefault((chunk.stage, chunk.stream), set()).update(range(chunk.offset, chunk.offset + len(chunk.text)))
        assert chunk.text == TEXT[chunk.offset : chunk.offset + len(chunk.text)]

    told = ToldOutput(is_early=data.draw(st.booleans(), "early"))
    for stage in stages(cases):
        for stream in ("stdout", "stderr"):
            cuts = [0, *sorted(data.draw(st.sets(st.integers(1, len(TEXT) - 1), max_size=3))), len(TEXT)]
            for start, end in pairwise(cuts):
                if data.draw(st.booleans(), "broken"):
                    told = ToldOutput.at(told.place, is_early=False)  # and this piece comes while nobody listens
                    continue
                news = told.news(piece(start, end, stage, stream))
                if news is not None:
                    note(news)
    for chunk in told.missing(ended(cases=cases)):
        note(chunk)
    assert had == {(stage, stream): set(range(len(TEXT))) for stage in stages(cases) for stream in ("stdout", "stderr")}


def test_who_goes_on_is_told_nothing_twice_where_a_place_can_say_so() -> None:
    told = ToldOutput(is_early=False)
    told.news(piece(0, 4, "compile"))
    told.news(piece(0, 5))
    told = ToldOutput.at(told.place, is_early=False)
    assert told.news(piece(0, 5)) is None
    assert told.news(piece(3, 8)) == piece(5, 8)
    assert [(one.stage, one.stream, one.offset) for one in told.missing(ended())] == [
        ("compile", "stdout", 4),
        ("compile", "stderr", 0),
        ("run", "stdout", 8),
        ("run", "stderr", 0),
    ]


def test_another_attempt_starts_over_and_an_earlier_one_is_not_told() -> None:
    told = ToldOutput(is_early=True)
    told.news(piece(0, 4))
    assert told.news(piece(0, 2, attempt=2)) == piece(0, 2, attempt=2)
    assert told.news(piece(4, 6)) is None
    assert {one.offset for one in told.missing(ended(attempt=3))} == {0}


def test_a_result_that_was_cut_is_no_reason_to_tell_anything() -> None:
    told = ToldOutput(is_early=True)
    told.news(piece(0, 10))
    assert [*told.missing(an_execution("t", attempt=1, run=ran(TEXT[:4])))] == []


def test_pieces_beyond_a_gap_are_bounded_and_come_with_the_result() -> None:
    told = ToldOutput(is_early=True)
    size = 4 * MAX_PIECES
    chunk = piece(0, 1)
    for offset in range(2, size, 2):
        told.news(OutputChunk(id="t", attempt=1, stage="run", stream="stdout", offset=offset, text="x"))
    missing = [*told.missing(an_execution("t", attempt=1, run=ran("x" * size)))]
    assert sum(len(one.text) for one in missing) == size - MAX_PIECES
    assert chunk.text == "0"


@pytest.mark.parametrize(
    "place",
    [
        *("", "end", "1/run/1/1", "1.0", "1.0/run/1", "1.0/walk/1/1", "1.0/run/-1/1", "99999999.0/run/1/1", "\x00"),
        *("1.0" + "/run/1/1" * 9, "1.0/run/9999999999999/1", "1.0/case:x/1/1", "1.0/run/\u0661/1", "x" * 9000),
    ],
)
def test_a_place_that_is_none_is_the_beginning(place: str) -> None:
    told = ToldOutput.at(place, is_early=True)
    assert told.news(piece(0, 4)) == piece(0, 4)


@pytest.mark.parametrize("stage", ["", "case:", "case:x", "case:99999999999999999999", "walk"])
def test_a_stage_that_is_none_harms_nobody(stage: str) -> None:
    told = ToldOutput(is_early=True)
    told.news(piece(0, 4, stage))
    assert told.news(piece(0, 4)) == piece(0, 4)
    assert isinstance(told.place, str)


@pytest.mark.parametrize("stage", ["", "x", "run\nevent: result\ndata: {}\n\n", "case:", "case:1234567", "run/1/1"])
def test_what_names_no_stage_is_not_told_and_no_part_of_a_place(stage: str) -> None:
    told = ToldOutput(is_early=True)
    assert told.news(piece(0, 4)) is not None
    place = told.place
    assert told.news(piece(0, 4, stage=stage)) is None
    assert told.news(piece(4, 8, stream=stage or "stdin")) is None
    assert told.place == place
