"""A stranger who is told of progress is called some times at once, and then slowly."""

from __future__ import annotations

import pytest

from broker_gateway.domain.progress_pace import Pace


def test_after_a_pause_some_calls_go_at_once_and_the_others_one_after_the_other() -> None:
    pace = Pace(burst=3, per_s=2.0)
    assert [pace.wait_s(100.0) for _ in range(5)] == [0, 0, 0, 0.5, 1.0]


def test_a_pause_gives_turns_back_and_never_more_than_the_burst() -> None:
    pace = Pace(burst=2, per_s=2.0)
    assert [pace.wait_s(100.0) for _ in range(2)] == [0, 0]
    assert [pace.wait_s(100.5) for _ in range(2)] == [0, 0.5]
    assert [pace.wait_s(10_000.0) for _ in range(3)] == [0, 0, 0.5]


def test_a_turn_is_taken_only_where_there_is_one() -> None:
    pace = Pace(burst=2, per_s=2.0)
    assert [pace.takes(100.0) for _ in range(4)] == [True, True, False, False]
    assert [pace.takes(100.5) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(("now_s", "rests"), [(14.9, True), (15.0, False)])
def test_an_endpoint_rests_until_its_time(now_s: float, rests: bool) -> None:
    pace = Pace(burst=2, per_s=2.0)
    assert not pace.rests(0.0)
    pace.rest(15.0)
    assert pace.rests(now_s) is rests
