"""What a program has printed lately is kept for a client that comes back: so much, and the last of it."""

from __future__ import annotations

from node.domain.printed import Printed
from schemas.execution import RUN_STAGE, OutputChunk
from schemas.sizes import json_bytes
from schemas.talk import PRINTED_BYTES


def chunk(offset: int, text: str) -> OutputChunk:
    return OutputChunk(id="t1", attempt=1, stage=RUN_STAGE, stream="stdout", offset=offset, text=text)


def test_all_of_a_little_is_kept_in_order() -> None:
    printed = Printed()
    chunks = [chunk(0, "a"), chunk(1, "b"), chunk(2, "c")]
    for one in chunks:
        printed.add(one)
    assert printed.chunks() == chunks


def test_of_much_the_last_is_kept_within_its_bound() -> None:
    printed = Printed()
    text = "\x00" * 4096  # as JSON six times as much
    for number in range(100):
        printed.add(chunk(number * len(text), text))
    kept = printed.chunks()
    assert kept[-1].offset == 99 * len(text)
    assert [one.offset for one in kept] == [kept[0].offset + n * len(text) for n in range(len(kept))]
    assert PRINTED_BYTES // 2 < sum(json_bytes(one.text) for one in kept) <= PRINTED_BYTES


def test_a_million_empty_pieces_take_no_more_than_that() -> None:
    printed = Printed()
    for number in range(100_000):
        printed.add(chunk(number, "x"))
    assert len(printed.chunks()) <= PRINTED_BYTES // 256


def test_one_that_is_too_large_by_itself_is_kept_alone() -> None:
    printed = Printed()
    printed.add(chunk(0, "a"))
    printed.add(chunk(1, "b" * (PRINTED_BYTES + 1)))
    assert [one.offset for one in printed.chunks()] == [1]
