"""The way of what a client says to its task's node, over nodes that answer late, wrongly, or as another attempt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from broker_gateway.application.pace import Pace
from broker_gateway.application.telling import _AHEAD, Taken, Telling, UntakenError
from schemas.execution import Execution
from schemas.interaction import Said
from schemas.status import Status
from schemas.talk import TalkOrder, TalkRefusal, TalkReply
from tests.builders import an_execution
from tests.fakes.memory_bus import MemoryBus, MemoryNodeControl

PATIENCE_S = 5.0
Answer = Callable[[TalkOrder], TalkReply | TalkRefusal | None]


class Node:
    """Takes what is in order, as a real one does."""

    def __init__(self) -> None:
        self.attempt, self.taken = 1, 0
        self.heard: list[bytes] = []
        self.has_it = True
        self.full = self.waits = False
        self.said_to_wait: list[int] = []

    def waited(self, attempt: int) -> None:
        self.said_to_wait.append(attempt)

    def talk(self, _node_id: str, order: TalkOrder) -> TalkReply | TalkRefusal | None:
        if not self.has_it:
            return TalkRefusal(unknown=order.id)
        for number, said in enumerate(order.said, order.first):
            if number == self.taken + 1 and not self.full:
                self.taken = number
                self.heard.append(said.data)
        return TalkReply(id=order.id, attempt=self.attempt, taken=self.taken, full=self.full, waits=self.waits)

    def dies(self) -> None:
        """Another one begins the task anew."""
        self.attempt, self.taken, self.heard = self.attempt + 1, 0, []


@asynccontextmanager
async def telling(node: Node) -> AsyncIterator[tuple[Telling, asyncio.Queue[Taken]]]:
    control, taken = MemoryNodeControl(MemoryBus()), asyncio.Queue[Taken]()
    control.on_talk = node.talk
    this = Telling("t1", control, taken.put_nowait, node.waited)
    running = asyncio.create_task(this.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield this, taken
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def runs() -> Execution:
    return an_execution("t1", status=Status.RUNNING, node_id="n1")


async def test_what_is_said_while_the_task_waits_is_told_once_it_runs() -> None:
    node = Node()
    async with telling(node) as (this, taken):
        await this.add(1, Said.of(b"a"))
        await this.add(2, Said.of(b"b"))
        assert not node.heard
        this.state(runs())
        assert await taken.get() == Taken(2, 1)
    assert node.heard == [b"a", b"b"]


async def test_a_node_that_has_not_got_the_task_yet_is_asked_again() -> None:
    node = Node()
    node.has_it = False
    async with telling(node) as (this, taken):
        this.state(runs())
        await this.add(1, Said.of(b"a"))
        await asyncio.sleep(0.15)
        node.has_it = True
        assert await taken.get() == Taken(1, 1)


async def test_another_attempt_is_told_to_the_client_and_takes_everything_again() -> None:
    node = Node()
    async with telling(node) as (this, taken):
        this.state(runs())
        await this.add(1, Said.of(b"a"))
        assert await taken.get() == Taken(1, 1)
        node.dies()
        await this.add(2, Said.of(b"b"))
        assert await taken.get() == Taken(0, 2)
        await this.add(3, Said.of(b"c"))  # was on its way when that came
        await this.add(1, Said.of(b"a"))
        await this.add(2, Said.of(b"b"))
        await this.add(3, Said.of(b"c"))
        while (await taken.get()).number < 3:
            pass
    assert node.heard == [b"a", b"b", b"c"]


async def test_a_later_call_goes_on_where_the_node_is() -> None:
    node = Node()
    node.taken = 5
    async with telling(node) as (this, taken):
        this.state(runs())
        assert await taken.get() == Taken(5, 1)
        await this.add(4, Said.of(b"old"))
        await this.add(5, Said.of(b"old"))
        await this.add(6, Said.of(b"new"))
        assert await taken.get() == Taken(6, 1)
    assert node.heard == [b"new"]


async def test_a_call_that_comes_late_is_told_that_the_program_waits() -> None:
    node = Node()
    node.waits = True
    async with telling(node) as (this, taken):
        this.state(runs())
        await taken.get()
        await this.add(1, Said.of(b"a"))
        await taken.get()
    assert node.said_to_wait == [1]


async def test_who_is_ahead_of_the_node_waits() -> None:
    node = Node()
    node.has_it = False
    async with telling(node) as (this, _):
        for number in range(1, _AHEAD + 1):
            await this.add(number, Said.of())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await this.add(_AHEAD + 1, Said.of())


async def test_too_much_is_told_to_be_that() -> None:
    node = Node()
    node.full = True
    control = MemoryNodeControl(MemoryBus())
    control.on_talk = node.talk
    this = Telling("t1", control, asyncio.Queue[Taken]().put_nowait, node.waited)
    this.state(runs())
    await this.add(1, Said.of(b"a"))
    with pytest.raises(UntakenError):
        async with asyncio.timeout(PATIENCE_S):
            await this.run()


async def test_a_pace_lets_through_so_many_and_then_has_one_wait() -> None:
    pace = Pace(3)
    began = asyncio.get_running_loop().time()
    for _ in range(3):
        await pace.step()
    assert asyncio.get_running_loop().time() - began < 0.5
    await pace.step()
    assert asyncio.get_running_loop().time() - began >= 0.99
