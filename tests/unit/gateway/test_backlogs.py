"""The lane of a client's next task, by how many of its tasks wait."""

from __future__ import annotations

from collections import Counter

from broker_gateway.domain.backlogs import Backlogs
from schemas.lanes import FIRST, LANES
from schemas.status import Priority

QUEUE = ("default", Priority.NORMAL)


def enters(backlogs: Backlogs, client: str, sequences: range) -> list[int]:
    lanes = []
    for sequence in sequences:
        lane = backlogs.enter(QUEUE, client)
        backlogs.stored(QUEUE, client, lane, sequence)
        lanes.append(lane)
    return lanes


def test_a_burst_fills_one_lane_after_the_other() -> None:
    assert Counter(enters(Backlogs(), "a", range(1, 1001))) == {0: 16, 1: 32, 2: 96, 3: 288, 4: 568}


def test_a_client_is_not_put_behind_because_of_anothers_burst() -> None:
    backlogs = Backlogs()
    enters(backlogs, "a", range(1, 1001))
    assert enters(backlogs, "b", range(1001, 1003)) == [FIRST, FIRST]


def test_a_client_of_whom_nothing_waits_any_more_starts_in_the_first_lane_and_is_forgotten() -> None:
    backlogs = Backlogs()
    enters(backlogs, "a", range(1, 51))
    for lane in range(LANES):
        backlogs.delivered(QUEUE, lane, 50)
    assert len(backlogs) == 0
    assert enters(backlogs, "a", range(51, 52)) == [FIRST]


def test_a_clients_task_never_overtakes_an_earlier_one_of_its_own() -> None:
    backlogs = Backlogs()
    enters(backlogs, "a", range(1, 201))  # into lanes 0 to 3
    for lane in range(3):
        backlogs.delivered(QUEUE, lane, 200)
    assert enters(backlogs, "a", range(201, 202)) == [3]


def test_what_is_on_its_way_counts_and_what_was_refused_does_not() -> None:
    backlogs = Backlogs()
    assert [backlogs.enter(QUEUE, "a") for _ in range(17)] == [0] * 16 + [1]
    backlogs.refused(QUEUE, "a", 1)
    backlogs.refused(QUEUE, "a", 0)
    assert backlogs.enter(QUEUE, "a") == FIRST


def test_each_queue_has_a_backlog_of_its_own() -> None:
    backlogs = Backlogs()
    enters(backlogs, "a", range(1, 51))
    assert backlogs.enter(("default", Priority.HIGH), "a") == FIRST
    assert backlogs.enter(("gpu", Priority.NORMAL), "a") == FIRST


def test_only_what_was_taken_from_a_lane_is_gone_from_it() -> None:
    backlogs = Backlogs()
    enters(backlogs, "a", range(1, 17))
    backlogs.delivered(QUEUE, FIRST, 3)
    assert [backlogs.enter(QUEUE, "a") for _ in range(4)] == [0, 0, 0, 1]


def test_the_bus_is_asked_before_a_task_leaves_the_first_lane_and_whenever_the_backlog_has_doubled() -> None:
    backlogs = Backlogs()
    doubts = []
    for sequence in range(1, 101):
        if backlogs.is_in_doubt(QUEUE, "a"):
            doubts.append(sequence)
            backlogs.counted(QUEUE)
        enters(backlogs, "a", range(sequence, sequence + 1))
    assert doubts == [17, 33, 65]
