"""A slot in the hands of one task."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from node.application.ports import OnOutput, Sandbox
from node.domain.sandbox import Launch, Outcome, SandboxLostError
from node.domain.verdict import CANCELLED_BEFORE_START
from node.infrastructure.docker.pool.dedicated import DedicatedSlots
from node.infrastructure.docker.pool.group import SlotGroup
from node.infrastructure.docker.slot.slot import Slot
from schemas.task import Limits

_ATTEMPTS = 3
"""The number of slots that are tried before a launch is given up."""


class Lease:
    """The port ``Sandbox``: one slot, held for one task. A slot that turns out not to be clean between two launches, or
    that cannot grant what the second asks for, is exchanged for another, which the task does not notice."""

    def __init__(self, group: SlotGroup, limits: Limits) -> None:
        """``limits``: the disk and processes that the task asks for."""
        self._group = group
        self._limits = limits
        self._slot: Slot | None = None
        self._source: SlotGroup | DedicatedSlots = group
        """Where the slot that is held came from."""
        self._preparing = False
        self._killed = False

    async def acquire(self, memory_bytes: int) -> None:
        """Waits for a slot that grants that much. Raises SandboxLostError."""
        await self._fit_slot(memory_bytes)

    def release(self) -> None:
        """Gives the slot back, if one is held; safe to call once more."""
        slot, self._slot = self._slot, None
        if slot is not None:
            self._source.give_back(slot)

    async def run(self, launch: Launch, on_output: OnOutput) -> Outcome:
        """See the port."""
        self._killed = False
        self._preparing = True
        try:
            slot = await self._fit_slot(launch.limits.memory_bytes)
        finally:
            self._preparing = False
        if self._killed:
            return CANCELLED_BEFORE_START
        outcome = await slot.run(launch, on_output)
        self._group.note(launch, outcome)
        return self._group.charged(outcome)

    async def kill(self) -> None:
        """See the port."""
        self._killed = self._preparing
        if self._slot is not None and not self._preparing:
            self._slot.kill()

    async def _fit_slot(self, memory_bytes: int) -> Slot:
        for _ in range(_ATTEMPTS):
            if self._slot is None:
                self._source = self._group.source_for(self._limits, memory_bytes)
                self._slot = await self._source.take(memory_bytes)
            slot = self._slot
            if await slot.verified_clean() and await self._grants(slot, memory_bytes):
                return slot
            self.release()
        raise SandboxLostError("no slot could be made ready")

    async def _grants(self, slot: Slot, memory_bytes: int) -> bool:
        return slot.memory_bytes == memory_bytes or await self._group.resize(slot, memory_bytes)


@asynccontextmanager
async def slot_of(group: SlotGroup, limits: Limits) -> AsyncIterator[Sandbox]:
    """A slot of the group that grants ``limits``, given back at the end of the block. Raises SandboxLostError."""
    lease = Lease(group, limits)
    try:
        await lease.acquire(limits.memory_bytes)
        yield lease
    finally:
        lease.release()
