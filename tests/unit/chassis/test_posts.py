"""What is posted leaves in order, many at a time, and what cannot leave is told without a flood."""

from __future__ import annotations

import asyncio

import nats.errors
import pytest
from structlog.testing import capture_logs

from chassis.nats import posts as posts_module
from chassis.nats.posts import Posts


class Outgoing:
    """In place of the client: takes messages, or refuses them as one whose buffer is full."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.is_full = False

    async def publish(self, subject: str, payload: bytes) -> None:
        if self.is_full:
            raise nats.errors.OutboundBufferLimitError
        self.sent.append((subject, payload))


def posts_of(client: Outgoing, after_s: float = 0.0) -> Posts:
    return Posts(lambda: client, after_s)  # type: ignore[arg-type, return-value]  # has the one method that counts


async def test_what_is_posted_in_one_turn_leaves_in_the_next_in_order() -> None:
    client = Outgoing()
    posts = posts_of(client)
    for number in range(5):
        posts.add("a", b"%d" % number)
    assert client.sent == []
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [payload for _, payload in client.sent] == [b"0", b"1", b"2", b"3", b"4"]
    assert not posts


async def test_what_is_handed_over_leaves_at_once_after_all_that_was_posted() -> None:
    client = Outgoing()
    posts = posts_of(client, after_s=60.0)
    posts.add("a", b"1")
    posts.add("b", b"2")
    await posts.hand_over()
    assert client.sent == [("a", b"1"), ("b", b"2")]


async def test_a_flood_of_losses_is_told_at_once_and_then_in_one_line_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Outgoing()
    client.is_full = True
    posts = posts_of(client)
    with capture_logs() as said:
        for _ in range(100):
            posts.add("a", b"")
            await posts.hand_over()
        assert [line["messages"] for line in said] == [1]
        monkeypatch.setattr(posts, "_tell_after", 0.0)
        posts.add("a", b"")
        await posts.hand_over()
    assert [line["messages"] for line in said] == [1, 100]
    assert {line["event"] for line in said} == {"bus_posts_lost"}
    assert posts_module._TELL_EVERY_S > 1


async def test_the_oldest_posts_go_where_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posts_module, "_MAX_POSTED", 3)
    client = Outgoing()
    posts = posts_of(client)
    for number in range(5):
        posts.add("a", b"%d" % number)
    await posts.hand_over()
    assert [payload for _, payload in client.sent] == [b"2", b"3", b"4"]


async def test_what_may_wait_leaves_with_what_may_not_and_before_it() -> None:
    client = Outgoing()
    posts = posts_of(client)
    posts.add("a", b"patient", 60.0)
    await asyncio.sleep(0.01)
    assert client.sent == []
    posts.add("a", b"urgent")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [payload for _, payload in client.sent] == [b"patient", b"urgent"]


async def test_what_may_wait_leaves_by_itself_when_its_time_has_come() -> None:
    left = asyncio.Event()

    class Telling(Outgoing):
        async def publish(self, subject: str, payload: bytes) -> None:
            await super().publish(subject, payload)
            left.set()

    client = Telling()
    posts = posts_of(client, after_s=60.0)
    posts.add("a", b"1")
    posts.add("a", b"2", 0.001)
    async with asyncio.timeout(5):
        await left.wait()
    await asyncio.sleep(0)
    assert [payload for _, payload in client.sent] == [b"1", b"2"]
    posts.add("a", b"3", 0.001)
    left.clear()
    async with asyncio.timeout(5):
        await left.wait()
    assert client.sent[2] == ("a", b"3")
