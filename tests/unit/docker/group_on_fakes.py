"""A group of slots that are played by the test."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from chassis.background import Background
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.pool.group import GroupPolicy, SlotGroup


class FakeSlot:
    """Settles when the test says so."""

    def __init__(self, memory_bytes: int = 1) -> None:
        self.memory_bytes = memory_bytes
        self.launches = 0
        self.met_its_memory_limit = False
        self.lost = ""
        self.on_lost: Callable[[FakeSlot], None] = lambda slot: None
        self.wiped = asyncio.Event()
        self.wiped.set()

    def use(self) -> FakeSlot:
        self.launches += 1
        return self

    def lose(self) -> None:
        if not self.lost:
            self.lost = "killed"
            self.wiped.set()
            self.on_lost(self)

    async def settled(self) -> bool:
        await self.wiped.wait()
        return not self.lost


class FakeMaker:
    def __init__(self) -> None:
        self.made: list[FakeSlot] = []
        self.unmade: list[FakeSlot] = []
        self.refusals = 0
        self.memory_bytes = 1

    async def make(self) -> FakeSlot:
        await asyncio.sleep(0)
        if self.refusals:
            self.refusals -= 1
            raise EngineError("the engine is away")
        self.made.append(FakeSlot(self.memory_bytes))
        return self.made[-1]

    def unmake(self, slot: FakeSlot) -> None:
        self.unmade.append(slot)


class Scene:
    """A group, what it was given, and the work it does in the background."""

    def __init__(self, **policy: Any) -> None:
        usual = {"most": 2, "spare": 1, "single_use": False, "retire_after": 100}
        self.maker = FakeMaker()
        self.background = Background()
        self.group = SlotGroup(self.maker, GroupPolicy(**{**usual, **policy}, retry_most_s=0.01), self.background)  # type: ignore[arg-type]  # fakes

    async def take(self, memory_bytes: int = 1) -> FakeSlot:
        async with asyncio.timeout(5):
            return await self.group.take(memory_bytes)  # type: ignore[return-value]  # a fake

    def give_back(self, slot: FakeSlot) -> None:
        self.group.give_back(slot)  # type: ignore[arg-type]  # a fake

    async def quiet(self) -> None:
        async with asyncio.timeout(5):
            await self.background.drain()

    def check(self) -> None:
        """Every slot that was made is a member or was unmade, once."""
        assert max(Counter(map(id, self.maker.unmade)).values(), default=1) == 1
        assert {*self.maker.unmade, *self.group.members} == set(self.maker.made)
        assert not {*self.maker.unmade} & {*self.group.members}
