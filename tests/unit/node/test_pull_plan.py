from __future__ import annotations

from collections import Counter

from node.domain.pull_plan import first_priority, pull_plan
from schemas.status import Priority

HIGH, NORMAL, LOW = Priority.HIGH, Priority.NORMAL, Priority.LOW


def picks(backlog: Counter[Priority], count: int) -> list[Priority]:
    """What one task loop after the other would take of a backlog."""
    taken = []
    for pick in range(1, count + 1):
        priority = next(share.priority for share in pull_plan(pick, 1) if backlog[share.priority])
        backlog[priority] -= 1
        taken.append(priority)
    return taken


def test_high_comes_before_normal_before_low() -> None:
    assert picks(Counter({HIGH: 1, NORMAL: 1, LOW: 1}), 3) == [HIGH, NORMAL, LOW]


def test_of_any_eight_picks_in_a_row_one_is_low_and_one_is_normal() -> None:
    taken = picks(Counter({HIGH: 1000, NORMAL: 1000, LOW: 1000}), 800)
    for start in range(len(taken) - 8):
        window = Counter(taken[start : start + 8])
        assert window == {HIGH: 6, NORMAL: 1, LOW: 1}


def test_a_turn_that_nobody_uses_goes_to_the_most_urgent() -> None:
    assert picks(Counter({HIGH: 8}), 8) == [HIGH] * 8
    assert picks(Counter({HIGH: 7, NORMAL: 8}), 9) == [HIGH] * 3 + [NORMAL] + [HIGH] * 4 + [NORMAL]


def test_many_free_slots_are_shared_by_the_same_rule() -> None:
    plan = pull_plan(1, 64)
    assert [(share.priority, share.max_tasks) for share in plan] == [
        (LOW, 8),
        (NORMAL, 8),
        (HIGH, 64),
        (NORMAL, 64),
        (LOW, 64),
    ]


def test_one_free_slot_asks_in_the_order_of_its_turn() -> None:
    assert [share.priority for share in pull_plan(1, 1)] == [HIGH, NORMAL, LOW]
    assert [share.priority for share in pull_plan(8, 1)][:2] == [LOW, HIGH]
    assert first_priority(4) is NORMAL
