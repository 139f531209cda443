"""A slot in one task's hands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from node.application.ports import OnOutput
from node.domain.sandbox import Ending, Launch, Outcome, SandboxLostError
from node.infrastructure.docker.slot.slot import Slot

_ATTEMPTS = 3
"""Slots that are tried before a launch is given up."""


class SlotSource(Protocol):
    async def take(self, memory_bytes: int) -> Slot:
        """Waits. Raises SandboxLostError."""
        ...

    def give_back(self, slot: Slot) -> None: ...


SourceOf = Callable[[int], SlotSource]
"""Where slots come from that can grant that many bytes of memory. Raises SandboxLostError."""
Resize = Callable[[Slot, int], Awaitable[bool]]
"""Make a slot grant that many bytes of memory; False where that cannot be, and where it fails (the slot is lost)."""


class Lease:
    """The port ``Sandbox``. A slot that turns out not to be clean between two launches, or that cannot grant what the
    second asks for, is exchanged behind its back."""

    def __init__(self, source_of: SourceOf, resize: Resize) -> None:
        self._source_of = source_of
        self._resize = resize
        self._source: SlotSource | None = None
        """Of the slot that is held."""
        self._slot: Slot | None = None
        self._preparing = False
        self._killed = False

    async def acquire(self, memory_bytes: int) -> None:
        """Waits for a slot that grants that much. Raises SandboxLostError."""
        await self._fit_slot(memory_bytes)

    def release(self) -> None:
        """Hands the slot back, if there is one; safe to call once more."""
        slot, self._slot = self._slot, None
        if slot is not None and self._source is not None:
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
            return _NEVER_STARTED
        return await slot.run(launch, on_output)

    async def kill(self) -> None:
        """See the port."""
        self._killed = self._preparing
        if self._slot is not None and not self._preparing:
            self._slot.kill()

    async def _fit_slot(self, memory_bytes: int) -> Slot:
        for _ in range(_ATTEMPTS):
            if self._slot is None:
                self._source = self._source_of(memory_bytes)
                self._slot = await self._source.take(memory_bytes)
            slot = self._slot
            if await slot.settled() and (slot.memory_bytes == memory_bytes or await self._resize(slot, memory_bytes)):
                return slot
            self.release()
        raise SandboxLostError("no slot could be made ready")


_NEVER_STARTED = Outcome(
    ending=Ending.CANCELLED,
    exit_code=None,
    signal=None,
    stdout=b"",
    stderr=b"",
    stdout_truncated=False,
    stderr_truncated=False,
    wall_ms=0.0,
    cpu_ms=0.0,
    peak_memory_bytes=0,
)
