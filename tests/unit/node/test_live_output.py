from __future__ import annotations

import asyncio

from node.application.attempt import Attempt
from node.application.live_output import FLUSH_AT_BYTES, LiveOutput
from schemas.execution import COMPILE_STAGE, RUN_STAGE
from schemas.interaction import Interaction
from schemas.sizes import json_bytes
from tests.builders import a_task
from tests.fakes.node import FakeDelivery, RecordingAnnouncer

TALKED_TO = Interaction(terminal=None, session_ms=60_000, grace_ms=30_000, clock_stands=True)


def an_attempt(task_id: str, number: int) -> Attempt:
    return Attempt(FakeDelivery(a_task(task_id), number), "n1", 1_500, message_bytes=8 << 20)


def texts(announcer: RecordingAnnouncer) -> list[tuple[str, int, str]]:
    return [(chunk.stream, chunk.offset, chunk.text) for chunk in announcer.chunks]


async def test_a_short_program_publishes_nothing() -> None:
    announcer = RecordingAnnouncer()
    live = LiveOutput(announcer, an_attempt("t1", 1), "run")
    live("stdout", b"hello\n")
    live.close()
    longer = LiveOutput(announcer, an_attempt("t2", 1), "run")  # began later: the first one's time is up before its own
    longer("stdout", b"hello\n")
    await asyncio.wait_for(announcer.spoke.wait(), 1)
    longer.close()
    assert [chunk.id for chunk in announcer.chunks] == ["t2"]


async def test_output_that_waits_is_published_together() -> None:
    announcer = RecordingAnnouncer()
    live = LiveOutput(announcer, an_attempt("t1", 2), "case:0")
    live("stdout", b"a")
    live("stdout", b"b")
    live("stderr", b"e")
    await asyncio.wait_for(announcer.spoke.wait(), 1)
    assert texts(announcer) == [("stdout", 0, "ab"), ("stderr", 0, "e")]
    assert (announcer.chunks[0].attempt, announcer.chunks[0].stage) == (2, "case:0")
    live.close()


async def test_a_flood_does_not_wait_for_the_clock() -> None:
    announcer = RecordingAnnouncer()
    live = LiveOutput(announcer, an_attempt("t1", 1), "run")
    live("stdout", b"x" * FLUSH_AT_BYTES)
    assert len(announcer.chunks) == 1
    live.close()


async def test_what_was_published_does_not_count_towards_the_next_flood() -> None:
    announcer = RecordingAnnouncer()
    live = LiveOutput(announcer, an_attempt("t1", 1), "run")
    live("stdout", b"x" * FLUSH_AT_BYTES)
    live("stdout", b"y" * (FLUSH_AT_BYTES - 1))
    assert len(announcer.chunks) == 1
    live("stdout", b"z")
    assert len(announcer.chunks) == 2
    live.close()


async def test_offsets_count_characters_across_split_ones_and_the_rest_follows_at_the_end() -> None:
    announcer = RecordingAnnouncer()
    live = LiveOutput(announcer, an_attempt("t1", 1), "run")
    data = "é".encode() * (FLUSH_AT_BYTES // 2)
    live("stdout", data[:1] + b"" + data[1:] + "ü".encode()[:1])
    live("stdout", "ü".encode()[1:] + b"!")
    live.close()
    assert texts(announcer)[1] == ("stdout", FLUSH_AT_BYTES // 2, "ü!")


async def test_half_a_character_that_nothing_followed_is_told_at_the_end() -> None:
    announcer = RecordingAnnouncer()
    live = LiveOutput(announcer, an_attempt("t1", 1), "run")
    live("stdout", b"x" * FLUSH_AT_BYTES + "ü".encode()[:1])
    live.close()
    assert texts(announcer)[1:] == [("stdout", FLUSH_AT_BYTES, "\ufffd")]


async def test_a_stream_that_began_late_is_told_at_the_end_too() -> None:
    announcer = RecordingAnnouncer()
    live = LiveOutput(announcer, an_attempt("t1", 1), "run")
    live("stdout", b"x" * FLUSH_AT_BYTES)
    live("stderr", b"oh")
    live.close()
    assert texts(announcer)[1:] == [("stderr", 0, "oh")]


async def test_what_is_published_of_one_task_has_a_bound_over_all_its_stages() -> None:
    announcer = RecordingAnnouncer()
    attempt = an_attempt("t1", 1)
    attempt.budget.live_bytes = 10 * FLUSH_AT_BYTES
    for stage in ("case:0", "case:1"):
        live = LiveOutput(announcer, attempt, stage)
        for _ in range(20):
            live("stdout", b"\x01" * FLUSH_AT_BYTES)
        live.close()
    assert [chunk.stage for chunk in announcer.chunks] == ["case:0", "case:0"]
    assert sum(json_bytes(chunk.text) for chunk in announcer.chunks) == 12 * FLUSH_AT_BYTES


async def test_of_a_program_that_is_talked_to_what_it_printed_is_kept_for_who_comes_back() -> None:
    announcer = RecordingAnnouncer()
    attempt = Attempt(FakeDelivery(a_task("t1", interaction=TALKED_TO), 1), "n1", 1_500, message_bytes=8 << 20)
    for stage in (COMPILE_STAGE, RUN_STAGE):
        live = LiveOutput(announcer, attempt, stage)
        live("stdout", b"x" * FLUSH_AT_BYTES)
        live("stdin", b"")
        live.close()
    assert attempt.talk is not None
    assert attempt.talk.printed.chunks() == [one for one in announcer.chunks if one.stage == RUN_STAGE and one.text]
    assert len(attempt.talk.printed.chunks()) == 1
