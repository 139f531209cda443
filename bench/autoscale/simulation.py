"""The simulation: a queue, nodes that take a while to start, a Prometheus that looks, and who sets the nodes' number.

A step is a second. A task that finds a loop free waits 0 s: shorter waits than a second are not seen.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.autoscale.rule import SYNC_S

SCRAPE_S = 15
RATE_S = 300
"""The range of `pool:coderunner_deliveries:rate5m`."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What Prometheus knows when it is asked."""

    backlog_s: float = 0.0
    running: float = 0.0


Decide = Callable[[int, int, int, Figures], int]
"""Second, replicas, ready ones, figures: the replicas from now on."""


@dataclass(frozen=True, slots=True)
class Plant:
    """What the nodes are."""

    task_s: float = 1.5
    loops: int = 4
    node_start_s: int = 90
    queue_limit: int = 1000

    @property
    def per_node(self) -> float:
        """Tasks per second."""
        return self.loops / self.task_s


@dataclass(slots=True)
class Trace:
    """What happened, second by second."""

    waits: Counter[int] = field(default_factory=Counter)
    """By seconds waited: tasks."""
    waits_from: list[int] = field(default_factory=list)
    """The longest wait among the tasks that were begun in each second."""
    nodes: list[int] = field(default_factory=list)
    """Replicas, starting ones included: what is paid for."""
    refused: int = 0


def simulate(arrivals: Sequence[int], plant: Plant, first_nodes: int, decide: Decide) -> Trace:
    """A day from ``first_nodes`` ready ones on."""
    trace, queue = Trace(), deque[list[int]]()
    ready_from = [0] * first_nodes
    waiting, room, figures = 0, 0.0, Figures()
    begun: deque[int] = deque([0], maxlen=RATE_S // SCRAPE_S + 1)
    for second, coming in enumerate(arrivals):
        taken = min(coming, plant.queue_limit - waiting)
        trace.refused += coming - taken
        if taken:
            queue.append([second, taken])
        ready = sum(at <= second for at in ready_from)
        room = min(room, 1.0) + ready * plant.per_node
        started = _begin(queue, int(room), second, trace)
        room -= started
        waiting += taken - started
        begun[-1] += started
        trace.nodes.append(len(ready_from))
        if second % SYNC_S == SYNC_S - 1:
            # Kubernetes sees what Prometheus reckoned at its last look: the figures of this one are for the next.
            number = decide(second, len(ready_from), ready, figures)
            ready_from = _resized(ready_from, number, second + plant.node_start_s)
            rate = sum(begun) / (SCRAPE_S * len(begun))
            busy = started / (ready * plant.per_node) if ready else 0.0
            figures = Figures(waiting / rate if rate else 0.0, min(1.0, busy))
            begun.append(0)
    return trace


def _begin(queue: deque[list[int]], room: int, second: int, trace: Trace) -> int:
    """The oldest first. Returns how many tasks were begun."""
    left, longest = room, 0
    while left and queue:
        came, tasks = queue[0]
        some = min(tasks, left)
        longest = max(longest, second - came)
        trace.waits[second - came] += some
        left -= some
        queue[0][1] -= some
        if not queue[0][1]:
            queue.popleft()
    trace.waits_from.append(longest)
    return room - left


def _resized(ready_from: list[int], number: int, ready_at: int) -> list[int]:
    """The newest go first, as a StatefulSet's do; they take nothing more from then on."""
    return ready_from[:number] + [ready_at] * (number - len(ready_from))
