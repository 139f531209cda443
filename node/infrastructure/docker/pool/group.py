"""The slots of one language and role: who is free, who waits, when there should be more or fewer."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import stamina

from chassis.background import Background
from node.domain.sandbox import SandboxLostError
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.slot.slot import Slot


class SlotMaker(Protocol):
    async def make(self) -> Slot:
        """A new slot, verified clean. Raises EngineError."""
        ...

    def unmake(self, slot: Slot) -> None:
        """Destroy it, in the background."""
        ...


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    most: int
    """Slots at once, spares of single use not counted."""
    spare: int
    """Reuse: slots that always exist; single use: slots that always wait unused."""
    single_use: bool
    retire_after: int
    rested_first: bool = False
    """Hand out the slot that has waited longest, so that an interpreter that starts in the one used last has time for
    that; otherwise the one used last, whose memory is warm."""
    retry_most_s: float = 5.0
    """The longest pause between attempts to make a slot while the engine refuses."""


class SlotGroup:
    """Hands out clean slots. A slot is in one place at a time: free, with a holder, or on
    its way between the two; it leaves the group exactly once, by ``_drop``."""

    def __init__(self, maker: SlotMaker, policy: GroupPolicy, background: Background) -> None:
        self._maker = maker
        self._policy = policy
        self._background = background
        self._members: set[Slot] = set()
        self._free: list[Slot] = []
        self._waiters: deque[asyncio.Future[Slot]] = deque()
        self._creating = 0
        self._recycling = 0
        self._least_free = 0
        self._closed = False

    @property
    def members(self) -> frozenset[Slot]:
        return frozenset(self._members)

    @property
    def free(self) -> int:
        return len(self._free)

    def adopt(self, slot: Slot) -> None:
        """Takes in a slot that is verified clean."""
        self._members.add(slot)
        slot.on_lost = self._lost
        self._offer(slot)

    async def filled(self) -> None:
        """Returns when at least one slot is free. Raises SandboxLostError where none can be made."""
        self.give_back(await self.take(0))

    async def take(self, memory_bytes: int) -> Slot:
        """A clean slot, if possible one that grants ``memory_bytes`` already. Waits. Raises SandboxLostError where none
        can be made."""
        slot = self._pick(memory_bytes)
        if slot is not None:
            self._grow()
            return slot
        waiter: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._grow()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._offer(waiter.result())  # it came in the very moment in which its taker left
            raise

    def give_back(self, slot: Slot) -> None:
        """The holder is done with it. Never waits: wiping, checking and replacing happen in the background."""
        if slot.launches == 0 and not slot.lost:
            self._offer(slot)
        else:
            self._recycling += 1
            self._background.spawn(self._recycle(slot))

    def shrink(self) -> None:
        """Called at intervals: removes as many slots as were free ever since the call before, but the spares."""
        surplus = min(self._least_free, len(self._members)) - self._policy.spare
        for slot in self._free[: max(0, surplus)]:
            self._free.remove(slot)
            self._drop(slot)
        self._least_free = len(self._free)

    def close(self) -> None:
        """Makes no more slots and lets nobody wait any longer."""
        self._closed = True
        self._fail_waiters("the node is shutting down")

    async def _recycle(self, slot: Slot) -> None:
        try:
            clean = await slot.settled()
        finally:
            self._recycling -= 1
        if not clean or self._policy.single_use:
            self._drop(slot)
        elif self._is_worn(slot):
            self._retire(slot)
        else:
            self._offer(slot)

    def _is_worn(self, slot: Slot) -> bool:
        """After its share of launches, and after the kernel's OOM killer: another of its kills could not be told."""
        return slot.launches >= self._policy.retire_after or slot.met_its_memory_limit

    def _retire(self, slot: Slot) -> None:
        """Its replacement comes first, where nobody else could serve."""
        if self._free:
            self._drop(slot)
            return
        if not self._creating:
            self._create()
        self._offer(slot)

    def _pick(self, memory_bytes: int) -> Slot | None:
        order = self._free if self._policy.rested_first else self._free[::-1]
        slot = next((one for one in order if one.memory_bytes == memory_bytes), next(iter(order), None))
        if slot is not None:
            self._free.remove(slot)
        self._least_free = min(self._least_free, len(self._free))
        return slot

    def _offer(self, slot: Slot) -> None:
        if slot.lost:
            self._drop(slot)
            return
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(slot)
                return
        self._free.append(slot)

    def _lost(self, slot: Slot) -> None:
        """A free slot is dropped at once; one that is held, by its holder's return."""
        if slot in self._free:
            self._free.remove(slot)
            self._drop(slot)

    def _drop(self, slot: Slot) -> None:
        self._members.remove(slot)
        self._maker.unmake(slot)
        self._grow()

    def _grow(self) -> None:
        """Starts as many slots as are missing. One that is being wiped is back long before a new one is made."""
        policy = self._policy
        if self._closed:
            return
        waiting = max(0, sum(not waiter.done() for waiter in self._waiters) - self._recycling)
        spares = policy.spare - (len(self._free) if policy.single_use else len(self._members))
        missing = waiting + spares if policy.single_use else max(waiting, spares)
        most = policy.most + (policy.spare if policy.single_use else 0)
        room = most - len(self._members) - self._creating
        for _ in range(min(missing - self._creating, room)):
            self._create()

    def _create(self) -> None:
        self._creating += 1
        self._background.spawn(self._make_one())

    async def _make_one(self) -> None:
        try:
            slot = await self._make_patiently()
        finally:
            self._creating -= 1
        self.adopt(slot)
        for worn in [one for one in self._free if self._is_worn(one)]:
            self._free.remove(worn)
            self._drop(worn)

    async def _make_patiently(self) -> Slot:
        async for attempt in stamina.retry_context(
            on=EngineError, attempts=None, timeout=None, wait_initial=0.2, wait_max=self._policy.retry_most_s
        ):
            with attempt:
                try:
                    return await self._maker.make()
                except EngineError as error:
                    self._fail_waiters(str(error))
                    raise
        raise AssertionError("unreachable: retried without end")

    def _fail_waiters(self, reason: str) -> None:
        """Their tasks are better off elsewhere, or later. While other slots work, they may still serve."""
        if self._members and not self._closed:
            return
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(SandboxLostError(f"no sandbox: {reason}"))
