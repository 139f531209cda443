"""The slots of one language and role."""

from __future__ import annotations

import asyncio

from chassis.background import Background
from node.infrastructure.docker.pool.group import GroupPolicy, SlotGroup
from node.infrastructure.docker.pool.sources import RecipeMaker
from node.infrastructure.docker.slot.factory import Recipe, SlotFactory


class Shelf:
    """A group of slots of one recipe, and the work behind it."""

    def __init__(self, recipe: Recipe, factory: SlotFactory, policy: GroupPolicy) -> None:
        self.recipe = recipe
        self._factory = factory
        self._background = Background()
        self.group = SlotGroup(RecipeMaker(factory, recipe), policy, self._background)
        self.room_for_extra = asyncio.Semaphore(policy.most)

    async def close(self) -> None:
        """Nothing is made or wiped any more. The slots stay."""
        self.group.close()
        await self._background.close()

    async def dissolve(self) -> None:
        """Closes, and destroys every slot. For a language that is not served: nobody may hold one."""
        await self.close()
        for slot in self.group.members:
            slot.on_lost = lambda _slot: None
            self._factory.unmake(slot)
