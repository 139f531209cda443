"""The slots of one language and role: which are free, who waits for one, and when there should be more or fewer.

Every launch in a slot is followed by a verified wipe, for which nobody waits but the slot's next holder (ADR 0003).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from chassis.background import Background
from node.domain.sandbox import Launch, Outcome, SandboxLostError
from node.infrastructure.docker.engine.client import EngineError
from node.infrastructure.docker.pool.dedicated import DedicatedSlots
from node.infrastructure.docker.pool.policy import GroupPolicy
from node.infrastructure.docker.slot.factory import SlotFactory
from node.infrastructure.docker.slot.slot import Slot
from node.infrastructure.docker.slot.template import SlotTemplate
from node.infrastructure.slot_figures import Retirement, SlotCounts
from schemas.task import Limits


class SlotGroup:
    """A bounded number of slots made from one template, of which it hands out clean ones.

    A slot is in one state at a time: free, with a holder, or on its way between the two. It leaves the group exactly
    once, by ``_drop``."""

    def __init__(
        self, template: SlotTemplate, factory: SlotFactory, policy: GroupPolicy, counts: SlotCounts | None = None
    ) -> None:
        """``counts``: those of the group in whose place this one comes."""
        self.template = template
        self.counts = counts or SlotCounts()
        self._factory = factory
        self._policy = policy
        self._background = Background()
        self._dedicated_room = asyncio.Semaphore(policy.max_slots)
        self._members: set[Slot] = set()
        self._free: list[Slot] = []
        self._standby: list[Slot] = []
        """Replacements of worn slots that still serve: each is handed out once its worn one is gone."""
        self._waiters: deque[asyncio.Future[Slot]] = deque()
        self._creating = 0
        self._recycling = 0
        self._min_free = 0
        self._closed = False
        self._eased = asyncio.Event()
        """Set whenever somebody no longer holds a slot, or waits for one."""
        self.baseline_bytes = 0
        """What the language's interpreter takes for itself; 0 where there is none, or it is not known yet."""
        self.trouble = ""
        """Why the last slot could not be made; empty where it could."""

    @property
    def members(self) -> frozenset[Slot]:
        """Its slots, free and held."""
        return frozenset(self._members)

    @property
    def free(self) -> int:
        """The number of slots that can be handed out at once."""
        return len(self._free)

    def states(self) -> Mapping[str, int]:
        """The number of its slots in each state."""
        return {
            "free": len(self._free),
            "held": self._held,
            "wiping": self._recycling,
            "standby": len(self._standby),
            "creating": self._creating,
        }

    @property
    def _held(self) -> int:
        return len(self._members) - len(self._free) - len(self._standby) - self._recycling

    def charged(self, outcome: Outcome) -> Outcome:
        """The outcome without the interpreter's own memory, also where the program started one for itself."""
        if outcome.warm or not self.baseline_bytes:
            return outcome
        return replace(outcome, peak_memory_bytes=max(0, outcome.peak_memory_bytes - self.baseline_bytes))

    def note(self, launch: Launch, outcome: Outcome) -> None:
        """Counts a program that was not given to an interpreter that waited, where there should be one."""
        expected = launch.warm and self.template.language.warm_for(self.template.role) is not None
        self.counts.cold_starts += expected and not outcome.warm

    def source_for(self, limits: Limits, memory_bytes: int) -> SlotGroup | DedicatedSlots:
        """Where a slot comes from that grants ``limits`` with that much memory: this group, or slots made for it."""
        usual_memory = memory_bytes == self.template.size.memory_bytes
        if self.template.grants(limits) and (usual_memory or self._factory.can_resize):
            return self
        return DedicatedSlots(self.template.enlarged(limits, memory_bytes), self._factory, self._dedicated_room)

    async def resize(self, slot: Slot, memory_bytes: int) -> bool:
        """Makes a slot grant that much memory. False where that is not possible, and where it fails, which loses the
        slot."""
        return await self._factory.resize(slot, memory_bytes)

    def adopt(self, slot: Slot) -> None:
        """Takes in a slot that is verified clean. Where the group is full already, with a worn one that still serves,
        it stands by."""
        self._members.add(slot)
        slot.on_lost = self._slot_lost
        if len(self._members) > self._max_members:
            self._standby.append(slot)
        else:
            self._offer(slot)

    async def wait_until_free(self) -> None:
        """Waits until at least one slot is free. Raises SandboxLostError where none can be made."""
        self.give_back(await self.take(0))

    async def take(self, memory_bytes: int) -> Slot:
        """A clean slot, if possible one that grants ``memory_bytes`` already. Waits. Raises SandboxLostError where none
        can be made."""
        slot = self._pick(memory_bytes)
        if slot is not None:
            self._grow()
            return slot
        self.counts.waits += 1
        waiter: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._grow()
        try:
            return await waiter
        except asyncio.CancelledError:
            self._eased.set()
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._offer(waiter.result())  # it came in the very moment in which its taker left
            raise

    def give_back(self, slot: Slot) -> None:
        """Returns a slot that its holder no longer needs. Never waits: wiping, checking and replacing happen in the
        background."""
        if slot.launches == 0 and not slot.lost:
            self._offer(slot)
        else:
            self._recycling += 1
            self._background.spawn(self._recycle(slot))
        self._eased.set()

    def shrink(self) -> None:
        """Removes as many slots as were free ever since the call before, but for the spares. Called at intervals."""
        surplus = min(self._min_free, len(self._members)) - self._policy.spare
        for slot in self._free[: max(0, surplus)]:
            self._free.remove(slot)
            self._drop(slot, Retirement.IDLE)
        self._min_free = len(self._free)

    async def close(self) -> None:
        """Makes and wipes no more slots, and lets nobody wait any longer. The slots stay."""
        self._closed = True
        self._fail_waiters("the node is shutting down")
        await self._background.close()

    async def wait_until_quiet(self) -> None:
        """Waits until nobody holds a slot, or waits for one."""
        while self._held or any(not waiter.done() for waiter in self._waiters):
            self._eased.clear()
            await self._eased.wait()

    async def dissolve(self) -> None:
        """Closes the group and destroys every slot, of which nobody may hold one."""
        await self.close()
        for slot in self._members:
            slot.on_lost = lambda _slot: None
            self.counts.retired[Retirement.OUTDATED] += 1
            self._factory.destroy(slot)

    async def _recycle(self, slot: Slot) -> None:
        try:
            clean = await slot.verified_clean()
        finally:
            self._recycling -= 1
        if not clean or self._policy.single_use:
            self._drop(slot, Retirement.SINGLE_USE)
        elif self._is_worn(slot):
            self._retire(slot)
        else:
            self._offer(slot)

    def _is_worn(self, slot: Slot) -> bool:
        """After its share of launches, and after the kernel's OOM killer: another of its kills could not be told."""
        return slot.launches >= self._policy.retire_after or slot.met_its_memory_limit

    def _retire(self, slot: Slot) -> None:
        """Drops a worn slot; where no other is free, its replacement is made first."""
        if self._free or self._standby:
            self._drop_worn(slot)
            return
        if not self._creating:
            self._create()
        self._offer(slot)

    def _pick(self, memory_bytes: int) -> Slot | None:
        order = self._free if self._policy.longest_idle_first else self._free[::-1]
        slot = next((one for one in order if one.memory_bytes == memory_bytes), next(iter(order), None))
        if slot is not None:
            self._free.remove(slot)
        self._min_free = min(self._min_free, len(self._free))
        return slot

    def _offer(self, slot: Slot) -> None:
        if slot.lost:
            self._drop(slot, Retirement.LOST)
            return
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(slot)
                return
        self._free.append(slot)

    def _slot_lost(self, slot: Slot) -> None:
        """Drops a free slot at once. One that is held is dropped when its holder gives it back."""
        for idle in (self._free, self._standby):
            if slot in idle:
                idle.remove(slot)
                self._drop(slot, Retirement.LOST)

    def _drop_worn(self, slot: Slot) -> None:
        self._drop(slot, Retirement.MEMORY_LIMIT if slot.met_its_memory_limit else Retirement.LAUNCHES)

    def _drop(self, slot: Slot, why: Retirement) -> None:
        self._members.remove(slot)
        self.counts.retired[Retirement.LOST if slot.lost else why] += 1
        self._factory.destroy(slot)
        if self._standby:
            self._offer(self._standby.pop())
        self._grow()

    @property
    def _max_members(self) -> int:
        return self._policy.max_slots + (self._policy.spare if self._policy.single_use else 0)

    def _grow(self) -> None:
        """Starts as many slots as are missing. One that is being wiped is back long before a new one is made."""
        policy = self._policy
        if self._closed:
            return
        waiting = max(0, sum(not waiter.done() for waiter in self._waiters) - self._recycling)
        spares = policy.spare - (len(self._free) if policy.single_use else len(self._members))
        missing = waiting + spares if policy.single_use else max(waiting, spares)
        room = self._max_members - len(self._members) - self._creating
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
            self._drop_worn(worn)

    async def _make_patiently(self) -> Slot:
        async for attempt in self._policy.backoff.retrying(on=EngineError):
            with attempt:
                try:
                    slot = await self._factory.make(self.template)
                except EngineError as error:
                    self.trouble = str(error)
                    self._fail_waiters(str(error))
                    raise
                self.trouble = ""
                return slot
        raise AssertionError("unreachable: retried without end")

    def _fail_waiters(self, reason: str) -> None:
        """Tells those who wait that there is no slot: their tasks are better off elsewhere, or later. While other slots
        work, they may still be served."""
        if self._members and not self._closed:
            return
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._eased.set()
                waiter.set_exception(SandboxLostError(f"no sandbox: {reason}"))
