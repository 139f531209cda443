"""What ``coderunner top`` shows: the figures of one moment, from what the gateway tells of nodes and tasks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coderunner.model import Execution, Node, Status

if TYPE_CHECKING:
    from coderunner.client import Client

MAX_WAITING = 400
"""Waiting tasks that are counted: more than these are told as so many and more."""
MAX_RECENT = 200
RATE_S = 10.0
"""The rate is that of the last so many seconds."""
MAX_FAILURES = 5
NEEDS_US = (Status.INTERNAL_ERROR, Status.EXPIRED)
"""Ends that no program causes."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The nodes that take the tasks of one pool, and their slots. A node in several pools counts in each."""

    name: str
    nodes: int
    running: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Overview:
    """One moment. Of tasks, those that the caller may see."""

    at_ms: int
    nodes: Sequence[Node]
    pools: Sequence[Pool]
    waiting: dict[str, int]
    """By language."""
    waiting_more: bool
    """There are more than were counted."""
    running: int
    """Slots in use, of all nodes."""
    capacity: int
    tasks_per_s: float
    """Submitted in the last seconds."""
    failures: Sequence[Execution]
    """The newest that ended INTERNAL_ERROR or EXPIRED."""


async def look(client: Client) -> Overview:
    """The figures of now. Raises CodeRunnerError."""
    nodes = await client.nodes()
    queued = [one async for one in client.list(statuses=[Status.QUEUED], limit=MAX_WAITING)]
    recent = [one async for one in client.list(limit=MAX_RECENT)]
    failures = [one async for one in client.list(statuses=NEEDS_US, limit=MAX_FAILURES)]
    now_ms = int(time.time() * 1000)
    return Overview(
        at_ms=now_ms,
        nodes=nodes,
        pools=pools_of(nodes),
        waiting=dict(Counter(one.language for one in queued).most_common()),
        waiting_more=len(queued) >= MAX_WAITING,
        running=sum(node.running for node in nodes),
        capacity=sum(node.capacity for node in nodes),
        tasks_per_s=rate_per_s([one.submitted_at_ms for one in recent], now_ms),
        failures=failures,
    )


def pools_of(nodes: Iterable[Node]) -> list[Pool]:
    """The pools that the nodes serve, by name."""
    found: dict[str, list[Node]] = {}
    for node in nodes:
        for name in node.pools:
            found.setdefault(name, []).append(node)
    return [
        Pool(name, len(its), sum(node.running for node in its), sum(node.capacity for node in its))
        for name, its in sorted(found.items())
    ]


def rate_per_s(submitted_at_ms: Sequence[int], now_ms: int, most: int = MAX_RECENT) -> float:
    """Submissions a second, from the newest ``most``: of the last RATE_S, or of the time in which those came where it
    is shorter."""
    recent = [at_ms for at_ms in submitted_at_ms if now_ms - at_ms <= RATE_S * 1000]
    if not recent:
        return 0.0
    is_cut = len(recent) == len(submitted_at_ms) >= most
    seconds = max(0.001, (now_ms - min(recent)) / 1000) if is_cut else RATE_S
    return len(recent) / seconds
