"""What a seal binds, and what it takes to be taken for one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from broker_gateway.domain.seals import MAX_KEYS, MIN_KEY_CHARS, Seals
from schemas.execution import ResultMessage
from schemas.kept_source import KeptSource
from schemas.progress import ProgressMessage
from schemas.task import Callback, CallbackEvent, SourceFile, TaskMessage
from tests.builders import a_result_of, a_task, an_execution, some_progress

KEY, OTHER = "k" * MIN_KEY_CHARS, "o" * MIN_KEY_CHARS
SEALS = Seals([KEY])
CALLBACK = Callback(url="http://h/", events=[CallbackEvent.RUNNING])
TASK = SEALS.sealed(
    a_task(
        callback=CALLBACK,
        labels={"post": "7", "größe": "1"},
        answer="python.c.a",
        keeps_answer=True,
        keeps_source=True,
        traceparent="00-1-2-01",
    )
)


def with_changes(result: ResultMessage, **changes: Any) -> ResultMessage:
    return msgspec.structs.replace(result, **changes)


def of_execution(result: ResultMessage, **changes: Any) -> ResultMessage:
    return with_changes(result, execution=msgspec.structs.replace(result.execution, **changes))


def test_what_a_node_makes_of_a_sealed_task_is_bound_to_it() -> None:
    result = msgspec.json.decode(msgspec.json.encode(a_result_of(TASK, error="größer")), type=ResultMessage)
    assert SEALS.binds(result, TASK.id)
    assert SEALS.binds(with_changes(result, source=None), TASK.id)


def test_labels_in_another_order_are_the_same() -> None:
    assert SEALS.binds(of_execution(a_result_of(TASK), labels=dict(reversed(TASK.labels.items()))), TASK.id)


ALTERED: dict[str, dict[str, Any]] = {
    "another client": {"client": "mean"},
    "no client": {"client": ""},
    "another callback": {"callback": msgspec.structs.replace(CALLBACK, url="http://mean/")},
    "no callback": {"callback": None},
    "another occasion": {"callback": msgspec.structs.replace(CALLBACK, occasion="2")},
    "headers of the client's": {"callback": msgspec.structs.replace(CALLBACK, headers="secret")},
    "other events": {"callback": msgspec.structs.replace(CALLBACK, events=[])},
    "another answer": {"answer": "python.c.b"},
    "no answer": {"answer": ""},
    "another trace": {"traceparent": ""},
    "another program": {"source": KeptSource.of(a_task(keeps_source=True, files=[SourceFile("", "mean()")]))},
    "another input": {"source": KeptSource.of(a_task(keeps_source=True, stdin="mean"))},
}


@pytest.mark.parametrize("changes", ALTERED.values(), ids=ALTERED)
def test_a_result_that_says_otherwise_than_was_submitted_is_refused(changes: dict[str, Any]) -> None:
    assert not SEALS.binds(with_changes(a_result_of(TASK), **changes), TASK.id)


def test_the_result_of_another_task_is_refused_under_whatever_id_it_comes() -> None:
    result = a_result_of(TASK)
    assert not SEALS.binds(result, "t2")
    assert not SEALS.binds(of_execution(result, id="t2"), "t2")
    assert not SEALS.binds(of_execution(result, labels={}), TASK.id)


def test_a_source_that_no_history_was_to_keep_is_refused() -> None:
    task = SEALS.sealed(a_task())
    source = KeptSource.of(a_task(keeps_source=True))
    assert SEALS.binds(a_result_of(task), task.id)
    assert not SEALS.binds(with_changes(a_result_of(task), source=source), task.id)


NO_SEALS = {
    "none": "",
    "dots alone": "...",
    "words": "garbage",
    "too many parts": f"{TASK.seal}.x",
    "of no known key": Seals([OTHER]).sealed(a_task()).seal,
    "address and terms changed about": ".".join(TASK.seal.split(".")[i] for i in (0, 2, 1, 3)),
    "without its end": TASK.seal[:-1],
    "not ASCII": TASK.seal.replace(".", ".é"),
    "a megabyte": TASK.seal + "x" * (1 << 20),
    "a megabyte of dots": "." * (1 << 20),
}


@pytest.mark.parametrize("seal", NO_SEALS.values(), ids=NO_SEALS)
def test_what_is_no_seal_binds_nothing(seal: str) -> None:
    assert not SEALS.binds(with_changes(a_result_of(TASK), seal=seal), TASK.id)
    assert not SEALS.binds_task(msgspec.structs.replace(TASK, seal=seal))
    if seal != NO_SEALS["without its end"]:  # the program's, which progress does not tell of
        assert not SEALS.binds_progress(a_word_about(TASK, seal=seal))


def a_word_about(task: TaskMessage, **changes: Any) -> ProgressMessage:
    running = a_result_of(task).execution
    message = ProgressMessage.of(running, task, 1)
    assert message is not None
    return msgspec.structs.replace(message, **changes)


def test_progress_is_told_to_the_task_s_own_callback_alone() -> None:
    assert SEALS.binds_progress(a_word_about(TASK))
    assert not SEALS.binds_progress(a_word_about(TASK, callback=Callback(url="http://mean/")))
    assert not SEALS.binds_progress(a_word_about(TASK, client="mean"))
    assert not SEALS.binds_progress(some_progress("t2"))


def test_a_task_is_bound_in_all_that_its_seal_tells_of() -> None:
    assert SEALS.binds_task(TASK)
    altered: list[dict[str, Any]] = [
        {"client": "mean"},
        {"callback": None},
        {"id": "t2"},
        {"labels": {}},
        {"keeps_answer": False},
        {"keeps_source": False},
        {"files": [SourceFile("", "mean()")]},
    ]
    for changes in altered:
        assert not SEALS.binds_task(msgspec.structs.replace(TASK, **changes)), changes


def test_in_another_pool_it_is_the_same_task() -> None:
    assert SEALS.binds_task(msgspec.structs.replace(TASK, pool="elsewhere"))


def test_a_key_that_is_replaced_is_good_until_it_is_taken_away() -> None:
    renewed = Seals([OTHER, KEY])
    assert renewed.binds(a_result_of(TASK), TASK.id)
    assert renewed.sealed(TASK).seal.partition(".")[0] != TASK.seal.partition(".")[0]
    assert SEALS.binds(a_result_of(TASK), TASK.id)
    assert not Seals([OTHER]).binds(a_result_of(TASK), TASK.id)


def test_a_gateway_seals_what_it_says_itself() -> None:
    own = SEALS.sealed_result(ResultMessage(execution=an_execution("t1"), callback=CALLBACK, client="blog"))
    assert SEALS.binds(own, "t1")
    assert not SEALS.binds(with_changes(own, client="mean"), "t1")


def test_without_a_key_everything_is_believed_and_nothing_is_sealed() -> None:
    none = Seals()
    assert not none.are_made
    assert none.sealed(a_task()) == a_task()
    assert none.binds(a_result_of(a_task()), "elsewhere")
    assert none.binds_progress(some_progress())
    assert none.binds_task(a_task())


def test_what_was_submitted_before_there_was_a_key_is_taken_where_that_is_said_and_nothing_else() -> None:
    patient = Seals([KEY], takes_unsealed=True)
    assert patient.binds(a_result_of(a_task()), "t1")
    assert not patient.binds(with_changes(a_result_of(TASK), seal="garbage"), TASK.id)
    assert not patient.binds(with_changes(a_result_of(TASK), client="mean"), TASK.id)


def test_a_seal_tells_nothing_of_its_key_but_which_it_is() -> None:
    assert KEY[:8] not in TASK.seal
    assert len(TASK.seal) <= 256


@pytest.mark.parametrize("keys", [["short"], [KEY, ""], [f"{n:032}" for n in range(MAX_KEYS + 1)]])
def test_keys_that_are_too_short_or_too_many_are_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="at least 32 characters"):
        Seals(keys)


def test_every_field_of_a_callback_is_bound() -> None:
    """A field that is added needs a rule for the seals of versions that did not have it."""
    assert Callback.__struct_fields__ == ("url", "occasion", "headers", "events")
    assert ResultMessage.__struct_fields__ == (
        *("execution", "callback", "client", "answer", "digest", "source", "traceparent", "seal"),
    )
