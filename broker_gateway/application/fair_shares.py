"""Fair shares of what there is little of: a client whose calls are slow makes only its own calls wait."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

FIRST_ALLOWANCE = 2
"""Deliveries at once to an endpoint of which nothing is known."""
_MAX_REMEMBERED = 10_000
"""Endpoints whose allowances are remembered; clients choose them."""


class NoTurnError(Exception):
    """Others need the room: it is to come again later."""


@dataclass(slots=True, eq=False)
class _Turn:
    """One delivery's turn, waited for or had."""

    given: asyncio.Future[None]
    is_had: bool = False


@dataclass(slots=True)
class _Endpoint:
    """What one owner has for one endpoint."""

    waiting: deque[_Turn] = field(default_factory=deque)
    in_flight: int = 0
    held: int = 0
    """In flight and waiting."""
    last_turn: int = 0
    """Number of the last turn that it was given; the one with the lowest is next."""


@dataclass(slots=True)
class _Owner:
    """What one owner holds and waits for."""

    endpoints: dict[str, _Endpoint] = field(default_factory=dict)
    in_flight: int = 0
    held: int = 0


class FairShares:
    """A semaphore with fair shares. An *owner* is a client, or an endpoint where clients have no names. Alone it has at
    most half of all turns, one of two a third, and so on: somebody else's first delivery finds a free one. Its
    endpoints take turns, and each has an allowance that grows while it takes what it is sent and shrinks while it does
    not."""

    def __init__(self, at_once: int, per_endpoint: int) -> None:
        """``at_once``: turns in all. ``per_endpoint``: the largest allowance of one endpoint."""
        self._at_once = at_once
        self._per_endpoint = per_endpoint
        self._in_flight = 0
        self._turns = 0
        self._owners: dict[str, _Owner] = {}
        self._allowances: OrderedDict[tuple[str, str], int] = OrderedDict()

    def held(self, owner: str) -> int:
        """The number of deliveries of this owner that have a turn or wait for one."""
        known = self._owners.get(owner)
        return known.held if known is not None else 0

    def held_for(self, owner: str, endpoint: str) -> int:
        """As ``held``, of one endpoint."""
        known = self._owners.get(owner)
        of_one = known.endpoints.get(endpoint) if known is not None else None
        return of_one.held if of_one is not None else 0

    def share_of(self, whole: int, owner: str) -> int:
        """The part of ``whole`` that an owner may have: always less than all of it, so that there is room for the next
        one who comes."""
        owners = len(self._owners) + (owner not in self._owners)
        return max(1, whole // (owners + 1))

    def settle(self, owner: str, endpoint: str, *, works: bool) -> None:
        """Notes whether the endpoint took what it was sent."""
        key = (owner, endpoint)
        allowance = self._allowances.pop(key, self._first)
        self._allowances[key] = min(allowance + 1, self._per_endpoint) if works else max(1, allowance // 2)
        if len(self._allowances) > _MAX_REMEMBERED:
            self._allowances.popitem(last=False)

    def make_room(self, whole: int) -> None:
        """Of the owner who holds the most, sends away what waits beyond its share of ``whole``, the latest first."""
        if not self._owners:
            return
        name, owner = max(self._owners.items(), key=lambda one: one[1].held)
        for _ in range(owner.held - self.share_of(whole, name)):
            of_one = max(owner.endpoints.values(), key=lambda one: len(one.waiting))
            if not of_one.waiting:
                break
            turn = of_one.waiting.pop()
            if not turn.given.done():
                turn.given.set_exception(NoTurnError)

    @asynccontextmanager
    async def turn(self, owner: str, endpoint: str) -> AsyncIterator[None]:
        """A turn to call the endpoint, held inside the block; waits until there is one. Raises NoTurnError where it is
        made to leave before."""
        mine = self._owners.setdefault(owner, _Owner())
        of_one = mine.endpoints.setdefault(endpoint, _Endpoint())
        turn = _Turn(asyncio.get_running_loop().create_future())
        of_one.waiting.append(turn)
        of_one.held += 1
        mine.held += 1
        self._grant()
        try:
            await turn.given
            yield
        finally:
            self._leave(owner, endpoint, turn)

    @property
    def _first(self) -> int:
        return min(FIRST_ALLOWANCE, self._per_endpoint)

    def _leave(self, owner: str, endpoint: str, turn: _Turn) -> None:
        mine = self._owners[owner]
        of_one = mine.endpoints[endpoint]
        of_one.held -= 1
        mine.held -= 1
        if turn.is_had:
            of_one.in_flight -= 1
            mine.in_flight -= 1
            self._in_flight -= 1
        elif turn in of_one.waiting:
            of_one.waiting.remove(turn)
        if not of_one.held:
            del mine.endpoints[endpoint]
        if not mine.held:
            del self._owners[owner]
        self._grant()

    def _grant(self) -> None:
        """Gives free turns to those who have the fewest."""
        while self._in_flight < self._at_once and (found := self._next()) is not None:
            owner, of_one = found
            turn = of_one.waiting.popleft()
            if turn.given.done():
                continue  # its caller went away
            self._turns += 1
            of_one.last_turn = self._turns
            of_one.in_flight += 1
            owner.in_flight += 1
            self._in_flight += 1
            turn.is_had = True
            turn.given.set_result(None)

    def _next(self) -> tuple[_Owner, _Endpoint] | None:
        for name, owner in sorted(self._owners.items(), key=lambda one: one[1].in_flight):
            if owner.in_flight >= self.share_of(self._at_once, name):
                continue
            ready = [of_one for endpoint, of_one in owner.endpoints.items() if self._may_start(name, endpoint, of_one)]
            if ready:
                return owner, min(ready, key=lambda of_one: of_one.last_turn)
        return None

    def _may_start(self, owner: str, endpoint: str, of_one: _Endpoint) -> bool:
        return bool(of_one.waiting) and of_one.in_flight < self._allowances.get((owner, endpoint), self._first)
