"""A group of slots that are played by the test."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from chassis.backoff import Backoff
from node.domain.sandbox import Role
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.pool.group import SlotGroup
from node.infrastructure.docker.pool.policy import GroupPolicy
from node.infrastructure.docker.slot.template import SlotSize, SlotTemplate
from tests.builders import PYTHON

TEMPLATE = SlotTemplate(PYTHON, Role.RUN, "sha256:1", SlotSize(memory_bytes=1, disk_bytes=64 << 20, processes=64))


class FakeSlot:
    """Is verified clean when the test says so."""

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

    async def verified_clean(self) -> bool:
        await self.wiped.wait()
        return not self.lost


class FakeFactory:
    def __init__(self) -> None:
        self.made: list[FakeSlot] = []
        self.destroyed: list[FakeSlot] = []
        self.refusals = 0
        self.memory_bytes = 1
        self.can_resize = True
        self.templates: list[SlotTemplate] = []

    async def make(self, template: SlotTemplate) -> FakeSlot:
        await asyncio.sleep(0)
        if self.refusals:
            self.refusals -= 1
            raise EngineError("the engine is away")
        self.templates.append(template)
        self.made.append(FakeSlot(self.memory_bytes))
        return self.made[-1]

    def destroy(self, slot: FakeSlot) -> None:
        self.destroyed.append(slot)


class Scene:
    """A group, what it was given, and the work it does in the background."""

    def __init__(self, **policy: Any) -> None:
        usual = {"max_slots": 2, "spare": 1, "single_use": False, "retire_after": 100}
        self.factory = FakeFactory()
        rules = GroupPolicy(**{**usual, **policy}, backoff=Backoff(base_s=0.01, max_s=0.01))
        self.group = SlotGroup(TEMPLATE, self.factory, rules)  # type: ignore[arg-type]  # a fake

    async def take(self, memory_bytes: int = 1) -> FakeSlot:
        async with asyncio.timeout(5):
            return await self.group.take(memory_bytes)  # type: ignore[return-value]  # a fake

    def give_back(self, slot: FakeSlot) -> None:
        self.group.give_back(slot)  # type: ignore[arg-type]  # a fake

    async def quiet(self) -> None:
        async with asyncio.timeout(5):
            await self.group._background.drain()

    def check(self) -> None:
        """Every slot that was made is a member or was destroyed, once."""
        assert max(Counter(map(id, self.factory.destroyed)).values(), default=1) == 1
        assert {*self.factory.destroyed, *self.group.members} == set(self.factory.made)
        assert not {*self.factory.destroyed} & {*self.group.members}
