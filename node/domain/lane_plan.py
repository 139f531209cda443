"""The order in which a node asks the lanes of a queue (docs/adr/0013-fair-shares-by-lanes.md): the first lane, then the
later ones in order, but for a share that the later ones have in turn, so that none starves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.lanes import FIRST

LATER_FIRST_EVERY = 4
"""Of so many picks from a queue, one is offered first to a later lane in which tasks may wait."""


@dataclass(frozen=True, slots=True)
class LaneShare:
    """One step of a plan: ask this lane for up to ``max_tasks`` tasks."""

    lane: int
    max_tasks: int


def lane_plan(next_pick: int, free: int, later: Sequence[int]) -> list[LaneShare]:
    """For ``free`` tasks that may be taken at once, the first of which is the node's ``next_pick``-th (from 1) from
    this queue. ``later``: the later lanes in which tasks may wait, ascending. Whoever carries it out stops when all
    are taken."""
    if not later:
        return [LaneShare(FIRST, free)]
    turns = [pick // LATER_FIRST_EVERY for pick in range(next_pick, next_pick + free) if pick % LATER_FIRST_EVERY == 0]
    in_turn = [LaneShare(later[turn % len(later)], 1) for turn in turns]
    return [*in_turn, LaneShare(FIRST, free), *(LaneShare(lane, free) for lane in later)]
