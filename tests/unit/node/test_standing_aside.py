"""A node that was handed what it cannot run asks for tasks as the most loaded one, for a while."""

from __future__ import annotations

from node.application.standing_aside import ASIDE_S, LAST, StandingAside
from node.domain.retries import MAX_DELIVERIES, before_start


def test_it_stands_aside_until_such_a_task_has_come_again() -> None:
    now_s = 100.0
    aside = StandingAside(lambda: 2, lambda: now_s)
    assert aside() == 2
    aside.note()
    assert aside() == LAST
    now_s += max(before_start(number) for number in range(MAX_DELIVERIES))
    assert aside() == LAST
    now_s = 100.0 + ASIDE_S
    assert aside() == 2
