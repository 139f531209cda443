"""The messages' constructors."""

from __future__ import annotations

import msgspec
import pytest

from schemas.dead_letter import DeadLetter
from schemas.execution import Execution, ResultMessage, TaskEvent, case_stage
from schemas.status import DeadReason, Status
from schemas.task import Callback, Comparison
from tests.builders import a_task

MIB = 1 << 20
TASK = a_task("t1", callback=Callback(url="http://h/"), language_version="3.13")


def test_a_queued_execution_knows_what_its_task_asks_for_and_no_more() -> None:
    queued = Execution.queued(TASK)
    assert (queued.id, queued.status, queued.language, queued.language_version) == (
        "t1",
        Status.QUEUED,
        "python",
        "3.13",
    )
    assert (queued.labels, queued.submitted_at_ms, queued.finished_at_ms) == ({"post": "7"}, 1_000, None)
    assert (queued.node_id, queued.attempt, queued.queued_ms, queued.error) == ("", 0, 0.0, "")
    assert (queued.compile, queued.run, queued.cases, queued.warnings) == (None, None, [], [])


def test_an_execution_ends_at_a_moment() -> None:
    assert Execution.queued(TASK).finished(1_700).finished_at_ms == 1_700


@pytest.mark.parametrize(
    ("status", "queued_ms", "finished_at_ms"),
    [(Status.QUEUED, 0.0, None), (Status.RUNNING, 2_250.0, None), (Status.FAILED, 0.0, 3_250)],
)
def test_an_event_tells_the_time_that_belongs_to_its_state(
    status: Status, queued_ms: float, finished_at_ms: int | None
) -> None:
    told = Execution.told_by(TaskEvent.of(msgspec.structs.replace(Execution.queued(TASK), status=status), TASK, 3_250))
    assert (told.status, told.queued_ms, told.finished_at_ms) == (status, queued_ms, finished_at_ms)


def test_a_message_that_nobody_could_read_ends_as_our_failure() -> None:
    unreadable = Execution.unreadable("t1", node_id="n1", attempt=2, error="why", at_ms=7)
    told = (unreadable.id, unreadable.status, unreadable.node_id, unreadable.attempt, unreadable.error)
    assert told == ("t1", Status.INTERNAL_ERROR, "n1", 2, "why")
    assert (unreadable.submitted_at_ms, unreadable.finished_at_ms, unreadable.labels) == (7, 7, {})


def test_a_result_goes_where_its_task_says_and_nowhere_where_that_is_not_known() -> None:
    execution = Execution.queued(TASK)
    assert ResultMessage.of(execution, TASK) == ResultMessage(
        execution=execution, callback=Callback(url="http://h/"), client="blog"
    )
    assert ResultMessage.of(execution, None) == ResultMessage(execution=execution, callback=None, client="")


def test_a_dead_letter_can_be_read_whatever_its_message_held() -> None:
    letter = DeadLetter.of(
        "t1", DeadReason.MALFORMED, "why", subject="s", data=b"\xff{", at_ms=7, attempts=2, max_bytes=MIB
    )
    assert (letter.payload, letter.node_id) == ("\ufffd{", "")
    sent = msgspec.json.decode(msgspec.json.encode(letter))
    assert (sent["reason"], sent["attempts"], sent["at_ms"], sent["subject"]) == ("malformed", 2, 7, "s")


@pytest.mark.parametrize("data", [b'"' * MIB, b"\xff" * MIB, b"\x01" * MIB])
def test_a_dead_letter_always_fits_into_one_message_and_says_where_it_is_not_whole(data: bytes) -> None:
    """Messages that were larger than the bus takes once they stood in a letter came again for ever."""
    letter = DeadLetter.of(
        "t1", DeadReason.POISON, "\x01" * MIB, subject="s", data=data, at_ms=7, attempts=2, max_bytes=MIB
    )
    assert MIB - (128 << 10) < len(msgspec.json.encode(letter)) <= MIB
    short = DeadLetter.of("t1", DeadReason.POISON, "why", subject="s", data=data, at_ms=7, attempts=2, max_bytes=MIB)
    assert short.detail.startswith("why (of the message's 1048576 bytes only the beginning fits into a letter")


@pytest.mark.parametrize(
    ("mode", "asked", "epsilon"),
    [("float", 0.0, 1e-6), ("float", 0.5, 0.5), ("tokens", 0.5, 0.0), ("anything", 0.5, 0.0)],
)
def test_an_epsilon_is_for_numbers_and_has_a_default(mode: str, asked: float, epsilon: float) -> None:
    assert Comparison.of(mode, asked) == Comparison(mode=mode, epsilon=epsilon)


def test_a_case_s_stage_counts_from_0() -> None:
    assert case_stage(0) == "case:0"
