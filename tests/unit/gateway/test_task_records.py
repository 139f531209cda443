"""What each message tells the history, and which of two is the later word."""

from __future__ import annotations

from itertools import pairwise

from broker_gateway.application.ports import Place
from broker_gateway.application.task_records import record_of_event, record_of_result, without_output
from schemas.status import Status
from tests.builders import a_result, an_event

PLACE = Place(7, 8)


def test_the_later_state_ranks_higher_and_the_result_highest() -> None:
    life = [
        record_of_event(an_event(status=Status.QUEUED, attempt=0), PLACE),
        record_of_event(an_event(status=Status.RUNNING, attempt=1), PLACE),
        record_of_event(an_event(status=Status.RUNNING, attempt=2), PLACE),
        record_of_event(an_event(status=Status.SUCCEEDED, attempt=2, at_ms=5), PLACE),
        record_of_result(a_result(finished_at_ms=1)),
        record_of_result(a_result(finished_at_ms=2)),
    ]
    assert all(earlier.rank < later.rank for earlier, later in pairwise(life))


def test_only_the_first_event_tells_whose_task_it_is_and_where_it_stands() -> None:
    first = record_of_event(an_event(status=Status.QUEUED, client="blog"), PLACE)
    assert first.submitted is not None
    assert (first.submitted.place, first.submitted.client) == (PLACE, "blog")
    later = record_of_event(an_event(status=Status.RUNNING), PLACE)
    assert (later.submitted, later.place) == (None, PLACE)
    assert record_of_result(a_result()).submitted is None


def test_hostile_times_and_attempts_rank_within_their_kind() -> None:
    absurd = record_of_event(an_event(status=Status.RUNNING, attempt=-5), PLACE)
    assert absurd.rank >= 0
    assert record_of_result(a_result(finished_at_ms=-1)).rank > record_of_event(an_event(attempt=10**6), PLACE).rank
    largest = record_of_event(an_event(status=Status.RUNNING, attempt=2**63), PLACE)
    assert largest.rank < record_of_event(an_event(status=Status.FAILED, at_ms=0), PLACE).rank
    assert record_of_event(an_event(status=Status.FAILED, at_ms=2**63), PLACE).rank < record_of_result(a_result()).rank
    assert record_of_result(a_result(finished_at_ms=2**70)).rank < 2**63


def test_without_output_nothing_is_left_that_a_program_wrote() -> None:
    bare = without_output(record_of_result(a_result())).execution
    assert (bare.compile, bare.run, bare.cases, bare.diagnostics, bare.warnings) == (None, None, [], [], [])
    assert bare.status is Status.SUCCEEDED
