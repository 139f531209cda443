"""The lane of a client's next task, by how many of its tasks wait."""

from __future__ import annotations

import time
from collections import Counter

from broker_gateway.domain.backlogs import Backlogs
from schemas.lanes import FIRST, LANES
from schemas.status import Priority

QUEUE = ("default", Priority.NORMAL)


def enters(backlogs: Backlogs, client: str, sequences: range, reader: str = "") -> list[int]:
    lanes, owner = [], (client, reader)
    for sequence in sequences:
        lane = backlogs.enter(QUEUE, owner)
        backlogs.stored(QUEUE, owner, lane, sequence)
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
    assert [backlogs.enter(QUEUE, ("a", "")) for _ in range(17)] == [0] * 16 + [1]
    backlogs.refused(QUEUE, ("a", ""), 1)
    backlogs.refused(QUEUE, ("a", ""), 0)
    assert backlogs.enter(QUEUE, ("a", "")) == FIRST


def test_each_queue_has_a_backlog_of_its_own() -> None:
    backlogs = Backlogs()
    enters(backlogs, "a", range(1, 51))
    assert backlogs.enter(("default", Priority.HIGH), ("a", "")) == FIRST
    assert backlogs.enter(("gpu", Priority.NORMAL), ("a", "")) == FIRST


def test_only_what_was_taken_from_a_lane_is_gone_from_it() -> None:
    backlogs = Backlogs()
    enters(backlogs, "a", range(1, 17))
    backlogs.delivered(QUEUE, FIRST, 3)
    assert [backlogs.enter(QUEUE, ("a", "")) for _ in range(4)] == [0, 0, 0, 1]


def test_the_bus_is_asked_before_a_task_leaves_the_first_lane_and_whenever_the_backlog_has_doubled() -> None:
    backlogs = Backlogs()
    doubts = []
    for sequence in range(1, 101):
        if backlogs.is_in_doubt(QUEUE, ("a", "")):
            doubts.append(sequence)
            backlogs.counted(QUEUE)
        enters(backlogs, "a", range(sequence, sequence + 1))
    assert doubts == [17, 33, 65]


def test_a_reader_is_not_put_behind_because_of_another_readers_burst() -> None:
    backlogs = Backlogs()
    enters(backlogs, "a", range(1, 1001), "eve")
    assert enters(backlogs, "a", range(1001, 1009), "bob") == [FIRST] * 8


def test_readers_who_take_turns_are_put_as_far_behind_as_what_stands_before_them() -> None:
    """Of two with eight tasks each, all stand in the first lane; of the next ones, none does."""
    backlogs = Backlogs()
    for number in range(8):
        for reader in ("eve", "bob"):
            assert enters(backlogs, "a", range(2 * number + 1, 2 * number + 2), reader) == [FIRST]
    assert enters(backlogs, "a", range(100, 101), "eve") == [1]


def test_a_client_gains_no_place_among_clients_by_naming_a_reader_for_each_task() -> None:
    backlogs = Backlogs()
    lanes = [enters(backlogs, "a", range(number, number + 1), f"r{number}")[0] for number in range(1, 1001)]
    assert Counter(lanes) == {0: 16, 1: 32, 2: 96, 3: 288, 4: 568}


def test_a_readers_task_never_overtakes_an_earlier_one_of_its_own() -> None:
    backlogs = Backlogs()
    enters(backlogs, "a", range(1, 201), "eve")
    for lane in range(3):
        backlogs.delivered(QUEUE, lane, 200)
    assert enters(backlogs, "a", range(201, 202), "eve") == [3]
    assert enters(backlogs, "a", range(202, 203), "bob") == [FIRST]


def test_what_readers_had_is_forgotten_once_it_was_taken() -> None:
    backlogs = Backlogs()
    for number in range(1, 101):
        enters(backlogs, "a", range(number, number + 1), f"r{number}")
    assert len(backlogs) == 100
    for lane in range(LANES):
        backlogs.delivered(QUEUE, lane, 100)
    assert len(backlogs) == 0
    assert enters(backlogs, "a", range(101, 102), "new") == [FIRST]


def test_a_thousand_readers_with_a_task_each_are_told_apart_in_no_time() -> None:
    backlogs = Backlogs()
    for number in range(1, 1001):
        enters(backlogs, "a", range(number, number + 1), f"r{number}")
    started = time.perf_counter()
    for number in range(100):
        backlogs.refused(QUEUE, ("a", f"n{number}"), backlogs.enter(QUEUE, ("a", f"n{number}")))
    assert (time.perf_counter() - started) / 100 < 0.005
