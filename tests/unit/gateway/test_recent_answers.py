"""Answers that were read a moment ago: fewer questions, and nothing older than that moment."""

from __future__ import annotations

import pytest

from broker_gateway.infrastructure.bus.recent_answers import FRESH_S, MAX_ANSWERS, RecentAnswers
from schemas.answers import KeptAnswer
from tests.builders import an_execution
from tests.fakes.memory_answers import MemoryAnswerStore
from tests.fakes.memory_bus import MemoryBus

MADE = KeptAnswer(task_id="t1", digests=["d1"], execution=an_execution())
KEY = "python.0123456789abcdef.k"
PROMISED = KeptAnswer(task_id="t1", digests=["d1"])


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Recent:
    """One gateway's answers, and the bus below them."""

    def __init__(self) -> None:
        self.bus, self.clock = MemoryBus(), Clock()
        self.inner = MemoryAnswerStore(self.bus)
        self.answers = RecentAnswers(self.inner, self.clock)

    @property
    def asked(self) -> int:
        return self.bus.calls.count("find_answer")


@pytest.fixture
def recent() -> Recent:
    return Recent()


async def test_many_who_ask_at_once_ask_the_bus_once(recent: Recent) -> None:
    await recent.answers.put(KEY, MADE, after=0)
    found = [await recent.answers.find(KEY) for _ in range(100)]
    assert {one.kept.task_id for one in found if one is not None} == {"t1"}
    assert (len(found), recent.asked) == (100, 1)


async def test_after_a_moment_it_is_asked_again(recent: Recent) -> None:
    await recent.answers.put(KEY, MADE, after=0)
    await recent.answers.find(KEY)
    await recent.inner.purge("", None)
    recent.clock.now_s += FRESH_S
    assert await recent.answers.find(KEY) is None


@pytest.mark.parametrize("kept", [PROMISED, KeptAnswer(task_id="t1", digests=["d1"], reason="varies")])
async def test_a_promise_is_asked_for_each_time(recent: Recent, kept: KeptAnswer) -> None:
    await recent.answers.put(KEY, kept, after=0)
    for _ in range(3):
        await recent.answers.find(KEY)
    assert recent.asked == 3


async def test_nothing_is_remembered_of_what_was_not_there(recent: Recent) -> None:
    assert await recent.answers.find(KEY) is None
    await recent.inner.put(KEY, MADE, after=0)
    assert await recent.answers.find(KEY) is not None


async def test_a_purge_through_it_is_seen_at_once(recent: Recent) -> None:
    await recent.answers.put(KEY, MADE, after=0)
    await recent.answers.find(KEY)
    assert await recent.answers.purge("", None) == 1
    assert await recent.answers.find(KEY) is None


async def test_what_is_changed_or_forgotten_through_it_is_seen_at_once(recent: Recent) -> None:
    first = await recent.answers.put(KEY, MADE, after=0)
    await recent.answers.find(KEY)
    second = await recent.answers.put(KEY, PROMISED, after=first)
    found = await recent.answers.find(KEY)
    assert found is not None
    assert found.kept == PROMISED
    await recent.answers.forget(KEY, second)
    assert await recent.answers.find(KEY) is None


async def test_it_remembers_a_bounded_number(recent: Recent) -> None:
    for number in range(MAX_ANSWERS + 10):
        await recent.answers.put(f"{KEY}{number}", MADE, after=0)
        await recent.answers.find(f"{KEY}{number}")
    asked = recent.asked
    await recent.answers.find(f"{KEY}0")
    assert recent.asked == asked + 1, "the oldest is no longer remembered"
    await recent.answers.find(f"{KEY}{MAX_ANSWERS + 9}")
    assert recent.asked == asked + 1
