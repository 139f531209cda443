"""What is said to a program reaches it once and in order, and a talk without a client ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from node.application.live_output import BETWEEN_ECHOES_S, LiveOutput
from node.application.talk import Talk
from schemas.interaction import TALK_BYTES, TALK_ITEMS, Interaction, Said
from schemas.talk import TalkOrder
from tests.fakes.node import RecordingAnnouncer
from tests.unit.node.test_live_output import an_attempt, texts


def a_talk(grace_ms: int = 60_000) -> Talk:
    return Talk(Interaction(terminal=None, session_ms=60_000, grace_ms=grace_ms, clock_stands=True))


def order(first: int, *texts: bytes) -> TalkOrder:
    return TalkOrder(id="t1", first=first, said=[Said.of(text) for text in texts])


def heard(said: Sequence[Said]) -> list[bytes]:
    return [one.data for one in said]


async def test_what_is_said_before_the_program_runs_is_kept_for_it() -> None:
    talk, said = a_talk(), list[Said]()
    assert talk.hear(order(1, b"a", b"b")) == 2
    talk.begin(said.append)
    assert talk.hear(order(3, b"c")) == 3
    assert heard(said) == [b"a", b"b", b"c"]


async def test_what_comes_again_is_not_taken_twice() -> None:
    talk, said = a_talk(), list[Said]()
    talk.begin(said.append)
    talk.hear(order(1, b"a", b"b"))
    assert talk.hear(order(1, b"a", b"b", b"c")) == 3
    assert talk.hear(order(2, b"b")) == 3
    assert heard(said) == [b"a", b"b", b"c"]


async def test_nothing_is_taken_before_what_precedes_it() -> None:
    talk, said = a_talk(), list[Said]()
    talk.begin(said.append)
    assert talk.hear(order(3, b"c")) == 0
    assert talk.hear(order(1, b"a")) == 1
    assert heard(said) == [b"a"]


@pytest.mark.parametrize(("pieces", "size"), [(TALK_BYTES // 65_536 + 1, 65_536), (TALK_ITEMS + 1, 0)])
async def test_no_more_is_taken_than_a_talk_may_have(pieces: int, size: int) -> None:
    talk = a_talk()
    assert talk.hear(order(1, *([b"x" * size] * pieces))) == pieces - 1
    assert talk.full
    assert talk.hear(order(pieces, b"")) == pieces - 1


async def test_a_talk_whose_client_is_gone_ends() -> None:
    talk, ended = a_talk(grace_ms=50), asyncio.Event()

    async def end() -> None:
        ended.set()

    watch = asyncio.create_task(talk.watch(end))
    await asyncio.sleep(0.1)
    assert not ended.is_set(), "nobody can talk to it before it has begun"
    talk.start()
    for _ in range(5):
        await asyncio.sleep(0.02)
        talk.hear(order(1))
    assert not ended.is_set()
    async with asyncio.timeout(5):
        await watch
    assert ended.is_set()
    assert talk.words == "its client was gone for 0.05 s"


async def test_an_echo_is_told_at_once_and_a_flood_of_them_together() -> None:
    announcer = RecordingAnnouncer()
    live = LiveOutput(announcer, an_attempt("t1", 1), "run", echoes=True)
    live("stdout", b"a")
    assert texts(announcer) == [("stdout", 0, "a")]
    for _ in range(50):
        live("stdout", b"b")
    assert len(texts(announcer)) == 1
    await asyncio.sleep(4 * BETWEEN_ECHOES_S)
    assert texts(announcer)[1:] == [("stdout", 1, "b" * 50)]


async def test_that_a_program_waits_is_told_after_what_it_printed() -> None:
    announcer = RecordingAnnouncer()
    live = LiveOutput(announcer, an_attempt("t1", 1), "run")
    live("stdout", b"? ")
    live("stdin", b"")
    assert texts(announcer) == [("stdout", 0, "? "), ("stdin", 0, "")]
