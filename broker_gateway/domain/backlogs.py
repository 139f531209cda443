"""How many tasks each client has waiting in each queue, as one gateway knows it, and the lane that this gives the next
one (docs/adr/0013-fair-shares-by-lanes.md)."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.lanes import FIRST, FIRST_LANE_TASKS, LANES, lane_of
from schemas.status import Priority

Queue = tuple[str, Priority]
"""A pool and a priority."""


@dataclass(slots=True)
class _Backlog:
    """One client's waiting tasks in one queue."""

    under_way: list[int] = field(default_factory=lambda: [0] * LANES)
    """For each lane, those that are being stored."""
    stored: list[set[int]] = field(default_factory=lambda: [set() for _ in range(LANES)])
    """For each lane, the sequences of those that were stored."""

    counted: int = 0
    """How many there were when the bus was last asked."""

    def waiting(self, lane: int) -> int:
        return self.under_way[lane] + len(self.stored[lane])


class Backlogs:
    """The clients' backlogs. A task counts until a node has taken it, as far as was told."""

    def __init__(self) -> None:
        self._backlogs: dict[Queue, dict[str, _Backlog]] = {}
        self.newest = 0
        """The highest sequence of all that were stored."""

    def __len__(self) -> int:
        return sum(map(len, self._backlogs.values()))

    def enter(self, queue: Queue, client: str) -> int:
        """The lane of the client's next task, which counts from now on. Never before one of its own that waits: what a
        client has sent first is served first."""
        backlog = self._backlogs.setdefault(queue, {}).setdefault(client, _Backlog())
        waiting = [backlog.waiting(lane) for lane in range(LANES)]
        latest = max((lane for lane in range(LANES) if waiting[lane]), default=FIRST)
        lane = max(lane_of(sum(waiting)), latest)
        backlog.under_way[lane] += 1
        return lane

    def is_in_doubt(self, queue: Queue, client: str) -> bool:
        """True where the client's next task would leave the first lane, or has twice as many before it as the bus last
        told: most of them may have been taken meanwhile."""
        backlog = self._backlogs.get(queue, {}).get(client)
        if backlog is None:
            return False
        waiting = sum(map(backlog.waiting, range(LANES)))
        return lane_of(waiting) != FIRST and waiting - backlog.counted >= max(FIRST_LANE_TASKS, backlog.counted)

    def stored(self, queue: Queue, client: str, lane: int, sequence: int) -> None:
        """The task was stored under that sequence of the stream."""
        backlog = self._backlogs[queue][client]
        backlog.under_way[lane] -= 1
        backlog.stored[lane].add(sequence)
        self.newest = max(self.newest, sequence)

    def refused(self, queue: Queue, client: str, lane: int) -> None:
        """The task was not stored."""
        self._backlogs[queue][client].under_way[lane] -= 1
        self._forget_empty(queue)

    def delivered(self, queue: Queue, lane: int, sequence: int) -> None:
        """Of this lane, every task up to that sequence has been handed to a node."""
        for backlog in self._backlogs.get(queue, {}).values():
            if backlog.stored[lane]:
                backlog.stored[lane] = {one for one in backlog.stored[lane] if one > sequence}
        self._forget_empty(queue)

    def counted(self, queue: Queue) -> None:
        """The bus has told of all lanes of the queue."""
        for backlog in self._backlogs.get(queue, {}).values():
            backlog.counted = sum(map(backlog.waiting, range(LANES)))

    def _forget_empty(self, queue: Queue) -> None:
        clients = self._backlogs.get(queue, {})
        for client in [one for one, backlog in clients.items() if not any(map(backlog.waiting, range(LANES)))]:
            del clients[client]
