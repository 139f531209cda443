"""Slots that are made for one task alone, because it asks for more than the waiting slots grant."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from node.domain.sandbox import SandboxLostError
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.slot.factory import SlotFactory
from node.infrastructure.docker.slot.slot import Slot
from node.infrastructure.docker.slot.template import SlotTemplate


class DedicatedSlots:
    """A source of slots like ``SlotGroup``, in which each slot is made when it is taken and destroyed afterwards."""

    def __init__(self, template: SlotTemplate, factory: SlotFactory, room: asyncio.Semaphore) -> None:
        """``template``: has the size that the task asks for; ``room``: bounds how many such slots there are at once."""
        self._template = template
        self._factory = factory
        self._room = room

    async def take(self, memory_bytes: int) -> Slot:
        """A new slot. Waits for room. Raises SandboxLostError where none can be made."""
        del memory_bytes  # the template has it
        await self._room.acquire()
        with ExitStack() as undo:
            undo.callback(self._room.release)
            try:
                slot = await self._factory.make(self._template)
            except EngineError as error:
                raise SandboxLostError(f"no sandbox: {error}") from error
            undo.pop_all()
            return slot

    def give_back(self, slot: Slot) -> None:
        """Destroys the slot."""
        self._room.release()
        self._factory.destroy(slot)
