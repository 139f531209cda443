"""The order in which the lanes of a queue are asked."""

from __future__ import annotations

from collections import Counter

from node.domain.lane_plan import LaneShare, lane_plan
from schemas.lanes import FIRST, LATER


def picks(backlog: Counter[int], count: int) -> list[int]:
    """What one task loop after the other would take of a backlog."""
    taken = []
    for pick in range(1, count + 1):
        later = [lane for lane in LATER if backlog[lane]]
        lane = next(share.lane for share in lane_plan(pick, 1, later) if backlog[share.lane])
        backlog[lane] -= 1
        taken.append(lane)
    return taken


def test_where_no_later_lane_holds_anything_only_the_first_is_asked() -> None:
    assert lane_plan(4, 3, []) == [LaneShare(FIRST, 3)]


def test_earlier_lanes_come_first() -> None:
    assert [share.lane for share in lane_plan(1, 1, [2, 5])] == [FIRST, 2, 5]


def test_no_lane_starves_while_the_first_is_never_empty() -> None:
    taken = Counter(picks(Counter(dict.fromkeys((FIRST, *LATER), 10_000)), 4_000))
    assert taken[FIRST] == 3_000
    assert {taken[lane] for lane in LATER} == {200}


def test_a_turn_that_nobody_uses_goes_to_the_first_lane() -> None:
    assert picks(Counter({FIRST: 8}), 8) == [FIRST] * 8


def test_many_free_loops_are_shared_by_the_same_rule() -> None:
    plan = lane_plan(1, 64, [1, 2])
    assert sum(share.max_tasks for share in plan[:16] if share.lane != FIRST) == 16
    assert plan[16:] == [LaneShare(FIRST, 64), LaneShare(1, 64), LaneShare(2, 64)]
