"""How many tasks each reader of each client has waiting in each queue, as one gateway knows it, and the lane that this
gives the next one (docs/adr/0013-fair-shares-by-lanes.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter

from schemas.lanes import FIRST, FIRST_LANE_TASKS, LANES, lane_of
from schemas.status import Priority

Queue = tuple[str, Priority]
"""A pool and a priority."""


Owner = tuple[str, str]
"""A client and its reader."""


@dataclass(slots=True)
class _Backlog:
    """One reader's waiting tasks in one queue."""

    under_way: list[int] = field(default_factory=lambda: [0] * LANES)
    """For each lane, those that are being stored."""
    stored: list[set[int]] = field(default_factory=lambda: [set() for _ in range(LANES)])
    """For each lane, the sequences of those that were stored."""
    total: int = 0
    """Of all lanes."""
    counted: int = 0
    """How many there were when the bus was last asked."""

    def latest(self) -> int:
        """The latest lane in which one waits."""
        return max((lane for lane in range(LANES) if self.under_way[lane] or self.stored[lane]), default=FIRST)


class Backlogs:
    """The backlogs of the clients' readers. A task counts until a node has taken it, as far as was told."""

    def __init__(self) -> None:
        self._backlogs: dict[Queue, dict[str, dict[str, _Backlog]]] = {}
        """By client, then by reader."""
        self.newest = 0
        """The highest sequence of all that were stored."""

    def __len__(self) -> int:
        return sum(len(readers) for clients in self._backlogs.values() for readers in clients.values())

    def enter(self, queue: Queue, owner: Owner) -> int:
        """The lane of the reader's next task, which counts from now on. Never before one of its own that waits: what a
        reader has sent first is served first."""
        client, reader = owner
        readers = self._backlogs.setdefault(queue, {}).setdefault(client, {})
        backlog = readers.setdefault(reader, _Backlog())
        lane = max(lane_of(_before(readers, backlog, _TOTAL)), backlog.latest())
        backlog.under_way[lane] += 1
        backlog.total += 1
        return lane

    def is_in_doubt(self, queue: Queue, owner: Owner) -> bool:
        """True where the next task would leave the first lane, or has twice as many before it as the bus last told:
        most of them may have been taken meanwhile."""
        readers = self._backlogs.get(queue, {}).get(owner[0], {})
        own = readers.get(owner[1]) or _Backlog()
        waiting, counted = (_before(readers, own, of) for of in (_TOTAL, _COUNTED))
        return lane_of(waiting) != FIRST and waiting - counted >= max(FIRST_LANE_TASKS, counted)

    def stored(self, queue: Queue, owner: Owner, lane: int, sequence: int) -> None:
        """The task was stored under that sequence of the stream."""
        backlog = self._backlogs[queue][owner[0]][owner[1]]
        backlog.under_way[lane] -= 1
        backlog.stored[lane].add(sequence)
        self.newest = max(self.newest, sequence)

    def refused(self, queue: Queue, owner: Owner, lane: int) -> None:
        """The task was not stored."""
        backlog = self._backlogs[queue][owner[0]][owner[1]]
        backlog.under_way[lane] -= 1
        backlog.total -= 1
        self._forget_empty(queue)

    def delivered(self, queue: Queue, lane: int, sequence: int) -> None:
        """Of this lane, every task up to that sequence has been handed to a node."""
        for backlog in self._of(queue):
            if backlog.stored[lane]:
                left = {one for one in backlog.stored[lane] if one > sequence}
                backlog.total -= len(backlog.stored[lane]) - len(left)
                backlog.stored[lane] = left
        self._forget_empty(queue)

    def counted(self, queue: Queue) -> None:
        """The bus has told of all lanes of the queue."""
        for backlog in self._of(queue):
            backlog.counted = backlog.total

    def _of(self, queue: Queue) -> Iterator[_Backlog]:
        return chain.from_iterable(readers.values() for readers in self._backlogs.get(queue, {}).values())

    def _forget_empty(self, queue: Queue) -> None:
        clients = self._backlogs.get(queue, {})
        for client, readers in list(clients.items()):
            for reader in [one for one, backlog in readers.items() if not backlog.total]:
                del readers[reader]
            if not readers:
                del clients[client]


_TOTAL: Callable[[_Backlog], int] = attrgetter("total")
_COUNTED: Callable[[_Backlog], int] = attrgetter("counted")


def _before(readers: Mapping[str, _Backlog], own: _Backlog, of: Callable[[_Backlog], int]) -> int:
    """How many of the client's tasks would be served before this reader's next one, if its readers took turns: of its
    own all, of each other's as many and one. So a reader is not put behind because of another's burst, and a client
    gains no place among clients by having many readers."""
    turns = of(own) + 1
    return of(own) + sum(min(of(backlog), turns) for backlog in readers.values() if backlog is not own)
