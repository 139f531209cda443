"""The months of submission, and what the ids of their tasks begin with."""

from __future__ import annotations

import pytest

from broker_gateway.application.history_ports import Retention
from broker_gateway.domain.task_id import TaskId
from broker_gateway.infrastructure.history.months import Month, first_id
from broker_gateway.infrastructure.history.partitions import longest_age_s

LAST_MS = TaskId.TIMED_UNTIL_MS - 1


def test_the_ids_of_a_month_are_those_of_its_first_to_its_last_millisecond() -> None:
    month = Month(2027, 12)
    first, end = month.ids
    start_ms, end_ms = month.start_ms, Month(2028, 1).start_ms
    inside = [TaskId.fresh(at_ms, b"\0" * 10).value for at_ms in (start_ms, end_ms - 1)]
    outside = [TaskId.fresh(at_ms, b"\xff" * 10).value for at_ms in (start_ms - 1, end_ms)]
    assert all(first <= task_id < end for task_id in inside)
    assert not any(first <= task_id < end for task_id in outside)
    assert (month.after(1), month.after(-12), month.after(13)) == (Month(2028, 1), Month(2026, 12), Month(2029, 1))


@pytest.mark.parametrize("at_ms", [-(1 << 80), -1, 0, LAST_MS, LAST_MS + 1, 1 << 80])
def test_any_time_has_a_month_and_a_first_id(at_ms: int) -> None:
    assert Month(1970, 1) <= Month.of(at_ms) <= Month(2109, 5)
    assert "000000000000" <= first_id(at_ms) <= "03ffffffffff"


def test_a_month_is_read_from_its_name_and_from_no_other() -> None:
    assert Month.parse(Month(2031, 1).name) == Month(2031, 1)
    assert [Month.parse(name) for name in ("", "rest", "203113", "203100", "2031011", "\u06603101")] == [None] * 6


def test_a_month_is_kept_by_the_longest_age_and_for_ever_where_one_has_no_end() -> None:
    assert longest_age_s(Retention(age_s=1.0, failures_age_s=2.0)) == 2.0
    assert longest_age_s(Retention(age_s=2.0, failures_age_s=1.0)) == 2.0
    assert longest_age_s(Retention(age_s=1.0)) == 1.0
    assert longest_age_s(Retention(failures_age_s=1.0)) is None
