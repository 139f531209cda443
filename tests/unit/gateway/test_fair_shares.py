"""The turns to deliver, shared between clients."""

from __future__ import annotations

import asyncio

import pytest

from broker_gateway.application import fair_shares
from broker_gateway.application.fair_shares import FairShares
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S


class Caller:
    """Has a turn from ``begun`` until ``end`` is set."""

    def __init__(self, shares: FairShares, owner: str, endpoint: str = "h:1") -> None:
        self.begun = asyncio.Event()
        self.end = asyncio.Event()
        self.task = asyncio.create_task(self._call(shares, owner, endpoint))

    async def _call(self, shares: FairShares, owner: str, endpoint: str) -> None:
        async with shares.turn(owner, endpoint):
            self.begun.set()
            await self.end.wait()


async def begun(*callers: Caller) -> None:
    async with asyncio.timeout(PATIENCE_S):
        for caller in callers:
            await caller.begun.wait()


async def ended(*callers: Caller) -> None:
    for caller in callers:
        caller.end.set()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(caller.task for caller in callers))


async def test_an_endpoint_of_which_nothing_is_known_has_two_turns() -> None:
    shares = FairShares(100, 8)
    first, second, third = (Caller(shares, "a") for _ in range(3))
    await begun(first, second)
    assert not third.begun.is_set()
    assert (shares.held("a"), shares.held_for("a", "h:1"), shares.held_for("a", "h:2"), shares.held("b")) == (
        3,
        3,
        0,
        0,
    )
    await ended(first)
    await begun(third)
    await ended(second, third)


async def test_the_turns_of_one_clients_endpoint_are_not_anothers() -> None:
    shares = FairShares(100, 1)
    callers = [Caller(shares, "a"), Caller(shares, "b"), Caller(shares, "a", "h:2")]
    await begun(*callers)
    await ended(*callers)


async def test_the_one_who_has_the_fewest_turns_is_next() -> None:
    shares = FairShares(4, 4)
    mine = [Caller(shares, "a", f"h:{number}") for number in range(3)]
    await begun(*mine[:2])
    other, another = Caller(shares, "b"), Caller(shares, "c")
    await begun(other, another)
    assert not mine[2].begun.is_set()
    late = Caller(shares, "d")
    await asyncio.sleep(0)
    await ended(mine[0])
    await begun(late)
    assert not mine[2].begun.is_set()
    await ended(mine[1], other, another, late)
    await begun(mine[2])
    await ended(mine[2])


async def test_endpoints_of_one_client_take_turns() -> None:
    shares = FairShares(2, 4)
    first, second, other = Caller(shares, "a", "x"), Caller(shares, "a", "x"), Caller(shares, "a", "y")
    await begun(first)
    await ended(first)
    await begun(other)
    assert not second.begun.is_set()
    await ended(other)
    await begun(second)
    await ended(second)


async def test_who_goes_away_while_it_waits_takes_no_turn_and_nothing_is_kept_of_it() -> None:
    shares = FairShares(2, 1)
    first, second, third = (Caller(shares, "a") for _ in range(3))
    await begun(first)
    second.task.cancel()
    await asyncio.wait([second.task])
    assert shares.held("a") == 2
    await ended(first)
    await begun(third)
    await ended(third)
    assert shares._owners == {}


async def test_an_endpoint_that_works_is_allowed_more_and_one_that_does_not_less() -> None:
    shares = FairShares(100, 3)
    for _ in range(5):
        shares.settle("a", "h:1", works=True)
    three = [Caller(shares, "a") for _ in range(4)]
    await begun(*three[:3])
    assert not three[3].begun.is_set()
    for _ in range(5):
        shares.settle("a", "h:1", works=False)
    await ended(*three[:2])
    await asyncio.sleep(0)
    assert not three[3].begun.is_set()
    await ended(three[2])
    await begun(three[3])
    await ended(three[3])


async def test_of_endpoints_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_shares, "_MAX_REMEMBERED", 3)
    shares = FairShares(100, 3)
    for number in range(10):
        shares.settle("a", f"h:{number}", works=False)
    assert len(shares._allowances) == 3
