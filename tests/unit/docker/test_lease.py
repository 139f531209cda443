"""A slot in one task's hands, exchanged when it fails between two launches."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from node.domain.sandbox import Ending, Outcome, SandboxLostError
from node.infrastructure.docker.pool.lease import Lease
from tests.builders import MIB, a_launch, some_limits
from tests.fakes.node import nobody


class FakeSlot:
    def __init__(self, *, clean: bool = True, memory_bytes: int = 256 * MIB) -> None:
        self.clean = clean
        self.memory_bytes = memory_bytes
        self.ran: list[Any] = []
        self.kills = 0

    async def verified_clean(self) -> bool:
        await asyncio.sleep(0)
        return self.clean

    async def run(self, what: Any, on_output: Any) -> Any:
        self.ran.append(what)
        return "outcome"

    def kill(self) -> None:
        self.kills += 1


class FakeSource:
    def __init__(self, *slots: FakeSlot) -> None:
        self.slots = list(slots)
        self.returned: list[FakeSlot] = []

    async def take(self, memory_bytes: int) -> FakeSlot:
        if not self.slots:
            raise SandboxLostError("none left")
        return self.slots.pop(0)

    def give_back(self, slot: FakeSlot) -> None:
        self.returned.append(slot)


class FakeGroup:
    """Has a source for each amount of memory, or one for all."""

    def __init__(self, sources: FakeSource | dict[int, FakeSource], *, resizes: bool = True) -> None:
        self._sources = sources
        self._resizes = resizes

    def source_for(self, _limits: Any, memory_bytes: int) -> FakeSource:
        return self._sources[memory_bytes] if isinstance(self._sources, dict) else self._sources

    def note(self, launch: Any, outcome: Any) -> None:
        """Counts nothing."""

    def charged(self, outcome: Any) -> Any:
        return outcome

    async def resize(self, slot: FakeSlot, memory_bytes: int) -> bool:
        if self._resizes:
            slot.memory_bytes = memory_bytes
        return self._resizes


def lease_of(sources: FakeSource | dict[int, FakeSource], *, resizes: bool = True) -> Lease:
    return Lease(FakeGroup(sources, resizes=resizes), some_limits())  # type: ignore[arg-type]  # a fake


async def test_launches_follow_each_other_in_one_slot() -> None:
    source = FakeSource(slot := FakeSlot())
    lease = lease_of(source)
    await lease.acquire(256 * MIB)
    await lease.run(a_launch("a"), nobody)
    await lease.run(a_launch("b"), nobody)
    assert len(slot.ran) == 2
    lease.release()
    lease.release()
    assert source.returned == [slot]


async def test_a_slot_that_did_not_come_clean_is_exchanged_unnoticed() -> None:
    source = FakeSource(bad := FakeSlot(), good := FakeSlot())
    lease = lease_of(source)
    await lease.acquire(256 * MIB)
    bad.clean = False
    assert await lease.run(a_launch(), nobody) == "outcome"
    assert (bad.ran, len(good.ran), source.returned) == ([], 1, [bad])


async def test_a_slot_is_given_the_memory_that_the_launch_asks_for() -> None:
    lease = lease_of(FakeSource(slot := FakeSlot()))
    await lease.acquire(256 * MIB)
    await lease.run(a_launch(limits=some_limits(memory_bytes=64 * MIB)), nobody)
    assert slot.memory_bytes == 64 * MIB


async def test_a_slot_that_cannot_grant_what_the_next_launch_asks_for_is_exchanged_for_one_that_does() -> None:
    sources = {mib * MIB: FakeSource(FakeSlot(memory_bytes=mib * MIB)) for mib in (64, 256)}
    slots = {memory_bytes: source.slots[0] for memory_bytes, source in sources.items()}
    lease = lease_of(sources, resizes=False)
    await lease.acquire(256 * MIB)
    await lease.run(a_launch(limits=some_limits(memory_bytes=64 * MIB)), nobody)
    lease.release()
    assert (slots[256 * MIB].ran, len(slots[64 * MIB].ran)) == ([], 1)
    assert [source.returned for source in sources.values()] == [[slots[64 * MIB]], [slots[256 * MIB]]]


async def test_slots_that_cannot_be_made_ready_are_all_handed_back() -> None:
    slots = [FakeSlot(memory_bytes=1) for _ in range(3)]
    source = FakeSource(*slots)
    with pytest.raises(SandboxLostError):
        await lease_of(source, resizes=False).acquire(2)
    assert source.returned == slots


async def test_a_kill_while_the_slot_is_being_made_ready_starts_nothing() -> None:
    lease = lease_of(FakeSource(slot := FakeSlot()))
    await lease.acquire(256 * MIB)
    running = asyncio.create_task(lease.run(a_launch(), nobody))
    await asyncio.sleep(0)
    await lease.kill()
    outcome = await running
    assert isinstance(outcome, Outcome)
    assert outcome.ending is Ending.CANCELLED
    assert slot.ran == []
    assert slot.kills == 0


async def test_a_kill_reaches_the_running_slot_and_not_the_next_launch() -> None:
    lease = lease_of(FakeSource(slot := FakeSlot()))
    await lease.acquire(256 * MIB)
    await lease.kill()
    assert slot.kills == 1
    assert await lease.run(a_launch(), nobody) == "outcome"
