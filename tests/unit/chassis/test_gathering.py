"""Requests are held back for each other where more of them get through by that, and only there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import nats.errors
import pytest
from nats.aio.msg import Msg

from chassis.nats.gathering import Gathering
from chassis.nats.requests import ConnectionLostError, Requests

WINDOW_S = 0.005


def asked_evenly(gathering: Gathering, per_s: Callable[[bool], float], start: float, seconds: float) -> float:
    """Asks at a rate that depends on whether requests are held back; the share of the time in which they were."""
    now, held_s = start, 0.0
    while now < start + seconds:
        gap = 1 / per_s(gathering.is_on)
        held_s += gap if gathering.is_on else 0.0
        now += gap
        gathering.asked(now)
    return held_s / seconds


def test_a_rate_that_leaves_nothing_to_share_is_never_held_back() -> None:
    assert asked_evenly(Gathering(WINDOW_S), lambda _: 600, 100.0, 2.0) == 0


def test_many_requests_are_held_back_as_long_as_more_get_through_by_it() -> None:
    assert asked_evenly(Gathering(WINDOW_S), lambda held: 1600 if held else 1200, 100.0, 2.0) > 0.9


def test_few_callers_that_wait_for_each_other_are_tried_seldom() -> None:
    share = asked_evenly(Gathering(WINDOW_S), lambda held: 600 if held else 1200, 100.0, 5.0)
    assert 0 < share < 0.1


def test_the_first_request_after_a_rest_is_not_held_back() -> None:
    gathering = Gathering(WINDOW_S)
    asked_evenly(gathering, lambda _: 2000, 100.0, 1.0)
    assert gathering.is_on
    gathering.asked(160.0)
    assert not gathering.is_on


def test_without_a_window_nothing_is_ever_held_back() -> None:
    assert asked_evenly(Gathering(0.0), lambda _: 5000, 100.0, 1.0) == 0


class Bus:
    """In place of the client: takes requests, answers when told to, or refuses as one whose buffer is full."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.replies: dict[str, str] = {}
        self.is_full = False

    def new_inbox(self) -> str:
        return "_INBOX.x"

    async def subscribe(self, _subject: str, *, cb: object) -> None:
        self.on_reply = cb

    async def publish(self, subject: str, _payload: bytes, *, reply: str, headers: object) -> None:
        if self.is_full:
            raise nats.errors.OutboundBufferLimitError
        self.sent.append(subject)
        self.replies[subject] = reply

    async def answer(self, subject: str) -> None:
        await self.on_reply(Msg(self, subject=self.replies[subject], data=b"ok"))  # type: ignore[operator, arg-type]


@pytest.fixture
async def bus() -> Bus:
    return Bus()


async def busy(bus: Bus, gather_s: float) -> Requests:
    """The requests of a connection that holds back."""
    requests = Requests(gather_s)
    await requests.open(bus)  # type: ignore[arg-type]  # has what counts
    requests._gathering.is_on = True
    requests._gathering.asked = lambda _now: None  # type: ignore[assignment, method-assign]  # and goes on
    return requests


def ask(requests: Requests, bus: Bus, subject: str) -> asyncio.Task[Msg]:
    return asyncio.create_task(requests.ask(bus, subject, b"", 5.0, None))  # type: ignore[arg-type]


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not what():  # noqa: ASYNC110  # the stand-in tells no event
            await asyncio.sleep(0.001)


async def test_what_is_held_back_leaves_together_in_its_order(bus: Bus) -> None:
    requests = await busy(bus, 0.02)
    asked = [ask(requests, bus, name) for name in "abc"]
    await asyncio.sleep(0)
    assert bus.sent == []
    await until(lambda: bool(bus.sent))
    assert bus.sent == ["a", "b", "c"]
    for name in "cab":
        await bus.answer(name)
    assert [reply.data for reply in await asyncio.gather(*asked)] == [b"ok"] * 3


async def test_a_caller_that_has_gone_meanwhile_has_nothing_sent(bus: Bus) -> None:
    requests = await busy(bus, 0.02)
    gone, stays = ask(requests, bus, "gone"), ask(requests, bus, "stays")
    await asyncio.sleep(0)
    gone.cancel()
    await until(lambda: bool(bus.sent))
    assert bus.sent == ["stays"]
    await bus.answer("stays")
    await stays


async def test_a_lost_connection_ends_what_is_held_back_and_it_is_not_sent_later(bus: Bus) -> None:
    requests = await busy(bus, 0.02)
    asked = ask(requests, bus, "a")
    await asyncio.sleep(0)
    requests.fail()
    with pytest.raises(ConnectionLostError):
        await asked
    other = ask(requests, bus, "b")
    await until(lambda: bool(bus.sent))
    assert bus.sent == ["b"]
    await bus.answer("b")
    await other


async def test_what_the_library_refuses_is_the_error_of_the_one_who_asked(bus: Bus) -> None:
    requests = await busy(bus, 0.0)
    bus.is_full = True
    with pytest.raises(nats.errors.OutboundBufferLimitError):
        await ask(requests, bus, "a")
    bus.is_full = False
    again = ask(requests, bus, "a")
    await until(lambda: bool(bus.sent))
    await bus.answer("a")
    await again
