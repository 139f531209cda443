"""Which subject may take a task's result, and what a subject tells."""

from __future__ import annotations

import msgspec
import pytest

from node.infrastructure.bus.delivery import decode_task
from schemas import names
from schemas.names import is_reply_of, result_subject
from schemas.status import Priority
from tests.builders import a_task


def test_a_task_s_own_result_subject_is_its_reply() -> None:
    task = a_task("t1")
    assert is_reply_of(result_subject("t1"), "t1")
    assert decode_task(msgspec.json.encode(task)) == task


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "t1",
        "coderunner.v1.result.t2",
        "coderunner.v1.result.*",
        "coderunner.v1.result.t1.more",
        "coderunner.v1.result.t1 ",
        "coderunner.v1.stored.t1",
        "coderunner.v1.control.node.@all",
        "$JS.API.STREAM.DELETE.CODERUNNER_TASKS",
        "_INBOX_gateway.x",
    ],
)
def test_a_task_that_wants_its_result_written_elsewhere_is_no_task(reply: str) -> None:
    assert not is_reply_of(reply, "t1")
    with pytest.raises(msgspec.MsgspecError, match="takes no results of task 't1'"):
        decode_task(msgspec.json.encode(a_task("t1", reply=reply)))


@pytest.mark.parametrize("task_id", ["", "*", ">", "a.b", "a b"])
def test_an_id_that_is_no_token_has_no_reply(task_id: str) -> None:
    assert not is_reply_of(f"coderunner.v1.result.{task_id}", task_id)


def test_a_pool_is_read_from_a_tasks_subject_and_from_a_queues_filter_and_from_nothing_else() -> None:
    assert names.pool_of(names.task_subject("gpu", Priority.LOW, "t1")) == "gpu"
    assert names.pool_of(names.queue_filter("gpu", Priority.HIGH)) == "gpu"
    for subject in (
        "",
        names.result_subject("t1"),
        names.TASKS_WILDCARD,
        f"{names.ROOT}.task.",
        names.task_subject_any("t1"),
    ):
        assert names.pool_of(subject) == ""
