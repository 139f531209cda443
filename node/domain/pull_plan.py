"""Whose turn it is: HIGH before NORMAL before LOW, with a bound that keeps LOW from starving.

While tasks of every priority wait, of any eight tasks in a row that one node picks from its backlog one is the oldest
LOW, one is the oldest NORMAL, and six are HIGH. So a LOW task waits for at most seven others per node and turn.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.status import Priority

LOW_FIRST_EVERY = 8
NORMAL_FIRST_EVERY = 4

BY_URGENCY = (Priority.HIGH, Priority.NORMAL, Priority.LOW)


def offered_first(pick: int) -> Priority:
    """Which priority the node's ``pick``-th task (from 1) is offered to first."""
    if pick % LOW_FIRST_EVERY == 0:
        return Priority.LOW
    if pick % NORMAL_FIRST_EVERY == 0:
        return Priority.NORMAL
    return Priority.HIGH


def turn_order(pick: int) -> tuple[Priority, ...]:
    """The order in which the queues are asked for the ``pick``-th task."""
    first = offered_first(pick)
    return (first, *(priority for priority in BY_URGENCY if priority is not first))


@dataclass(frozen=True, slots=True)
class Turn:
    """Ask this queue for up to ``most`` tasks."""

    priority: Priority
    most: int


def turn_plan(next_pick: int, slots: int) -> list[Turn]:
    """The same rule for ``slots`` free slots at once: the turns that LOW and NORMAL have of right, then the rest by
    urgency. Whoever carries it out stops when the slots are full."""
    firsts = [offered_first(pick) for pick in range(next_pick, next_pick + slots)]
    reserved = [Turn(priority, firsts.count(priority)) for priority in (Priority.LOW, Priority.NORMAL)]
    return [turn for turn in reserved if turn.most] + [Turn(priority, slots) for priority in BY_URGENCY]
