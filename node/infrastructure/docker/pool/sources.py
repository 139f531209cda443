"""How a recipe becomes slots: made for a group, or for one task alone."""

from __future__ import annotations

import asyncio

from node.domain.sandbox import SandboxLostError
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.slot.factory import Recipe, SlotFactory
from node.infrastructure.docker.slot.slot import Slot


class RecipeMaker:
    """A group's ``SlotMaker``."""

    def __init__(self, factory: SlotFactory, recipe: Recipe) -> None:
        self._factory = factory
        self._recipe = recipe

    async def make(self) -> Slot:
        """Raises EngineError."""
        return await self._factory.make(self._recipe)

    def unmake(self, slot: Slot) -> None:
        self._factory.unmake(slot)


class MadeToMeasure:
    """A ``SlotSource`` for one task that asks for more than the waiting slots grant: made for it, then destroyed."""

    def __init__(self, factory: SlotFactory, recipe: Recipe, room: asyncio.Semaphore) -> None:
        """``room`` bounds how many there are at once."""
        self._factory = factory
        self._recipe = recipe
        self._room = room

    async def take(self, memory_bytes: int) -> Slot:
        """Raises SandboxLostError."""
        del memory_bytes  # the recipe was made from it
        await self._room.acquire()
        try:
            return await self._factory.make(self._recipe)
        except EngineError as error:
            self._room.release()
            raise SandboxLostError(f"no sandbox: {error}") from error
        except BaseException:
            self._room.release()
            raise

    def give_back(self, slot: Slot) -> None:
        self._room.release()
        self._factory.unmake(slot)
