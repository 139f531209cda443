"""The order in which a node asks the priority queues: weighted priority polling, so that LOW never starves (ADR 0001).

HIGH comes before NORMAL before LOW, but for a fixed share of the picks. While tasks of every priority wait, of any
eight tasks in a row that one node picks from its backlog one is the oldest LOW, one is the oldest NORMAL, and six are
HIGH. So a LOW task waits for at most seven others per node and round.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.status import PRIORITIES_BY_URGENCY, Priority

LOW_FIRST_EVERY = 8
NORMAL_FIRST_EVERY = 4


def first_priority(pick: int) -> Priority:
    """The priority that the node's ``pick``-th task (from 1) is offered to first."""
    if pick % LOW_FIRST_EVERY == 0:
        return Priority.LOW
    if pick % NORMAL_FIRST_EVERY == 0:
        return Priority.NORMAL
    return Priority.HIGH


@dataclass(frozen=True, slots=True)
class PullShare:
    """One step of a plan: ask the queue of this priority for up to ``max_tasks`` tasks."""

    priority: Priority
    max_tasks: int


def pull_plan(next_pick: int, free: int) -> list[PullShare]:
    """The order in which the queues are asked for ``free`` tasks that may be taken at once, the first of which is the
    node's ``next_pick``-th (from 1): first what LOW and NORMAL have a right to, then the
    rest by urgency. Whoever carries it out stops when all are taken."""
    firsts = [first_priority(pick) for pick in range(next_pick, next_pick + free)]
    reserved = [PullShare(priority, firsts.count(priority)) for priority in (Priority.LOW, Priority.NORMAL)]
    rest = [PullShare(priority, free) for priority in PRIORITIES_BY_URGENCY]
    return [share for share in reserved if share.max_tasks] + rest
