"""The lanes of a queue, as subjects and consumers name them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

import pytest

from schemas import lanes, names
from schemas.status import PRIORITIES_BY_URGENCY, Priority
from schemas.topology import task_consumer

QUEUES = list(product(("a", "a-normal", "a-1"), PRIORITIES_BY_URGENCY, range(lanes.LANES)))


def test_the_first_lane_is_what_a_version_without_lanes_took_for_the_queue() -> None:
    assert names.task_subject("default", Priority.HIGH, "t1") == "coderunner.v1.task.default.high.t1"
    assert names.queue_filter("default", Priority.HIGH) == "coderunner.v1.task.default.high.>"
    assert names.queue_consumer("default", Priority.HIGH) == "default-high"


def test_each_task_is_in_one_lane_only_and_found_by_its_id_in_all() -> None:
    filters = [names.queue_filter(*queue).replace(">", "*") for queue in QUEUES]
    for pool, priority, lane in QUEUES:
        subject = names.task_subject(pool, priority, "t1", lane)
        assert sum(fnmatchcase(subject, pattern) for pattern in filters) == 1
        assert fnmatchcase(subject, names.task_subject_any("t1"))
        assert subject.count(".") == names.task_subject_any("t1").count(".")


def test_no_two_queues_share_a_consumer() -> None:
    assert len({names.queue_consumer(*queue) for queue in QUEUES}) == len(QUEUES)


def test_the_consumers_of_a_pool_are_listed_once() -> None:
    made = [
        task_consumer("default", priority, lane=lane)["durable_name"]
        for priority in PRIORITIES_BY_URGENCY
        for lane in range(lanes.LANES)
    ]
    assert made == list(names.pool_consumers("default"))
    assert len(set(names.pool_consumers("default"))) == 3 * lanes.LANES


@pytest.mark.parametrize("lane", [-1, lanes.LANES])
def test_there_is_no_lane_beyond_the_last(lane: int) -> None:
    with pytest.raises(ValueError, match="not a lane"):
        names.task_subject("default", Priority.LOW, "t1", lane)


def test_a_few_waiting_tasks_are_in_the_first_lane_and_each_later_lane_holds_three_times_what_is_before_it() -> None:
    firsts = [
        next(waiting for waiting in range(2_000) if lanes.lane_of(waiting) == lane) for lane in range(lanes.LANES)
    ]
    assert firsts == [0, 16, 48, 144, 432, 1296]
    assert lanes.lane_of(1_000_000) == lanes.LANES - 1
