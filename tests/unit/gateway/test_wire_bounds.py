"""What is counted of a request before it is decoded."""

from __future__ import annotations

import pytest

from broker_gateway.interfaces.wire_bounds import MAX_FIELDS, has_few_fields, shape_of
from coderunner.v1 import execution_pb2 as pb
from tests.unit.gateway.grpc_calls import Calls, Code, failure, task

SHAPE = shape_of(pb.SubmitBatchRequest.DESCRIPTOR)
EMPTY_TASK = b"\x0a\x00"


@pytest.mark.parametrize(("tasks", "is_few"), [(MAX_FIELDS, True), (MAX_FIELDS + 1, False)])
def test_the_bound_is_met_exactly(tasks: int, is_few: bool) -> None:
    assert has_few_fields(EMPTY_TASK * tasks, SHAPE) is is_few


def test_nested_fields_count_as_well() -> None:
    request = pb.SubmitBatchRequest(tasks=[pb.Task(cases=[pb.TestCase(name="a", stdin="b")] * 3)]).SerializeToString()
    fields = 1 + 3 + 6
    assert has_few_fields(request, SHAPE, fields)
    assert not has_few_fields(request, SHAPE, fields - 1)


@pytest.mark.parametrize(("numbers", "is_few"), [(MAX_FIELDS - 3, True), (MAX_FIELDS - 2, False), (4_000_000, False)])
def test_each_byte_of_packed_numbers_counts(numbers: int, is_few: bool) -> None:
    """The task, its callback and the field itself count as well."""
    callback = pb.Callback(events=[pb.Callback.FINISHED] * numbers)
    request = pb.SubmitBatchRequest(tasks=[pb.Task(callback=callback)]).SerializeToString()
    assert has_few_fields(request, SHAPE) is is_few


def test_text_is_not_taken_for_fields() -> None:
    request = pb.SubmitBatchRequest(tasks=[pb.Task(stdin="\n\0" * 100_000)]).SerializeToString()
    assert has_few_fields(request, SHAPE, 2)


@pytest.mark.parametrize("hidden", [b"\x0b", b"\x0e", b"\xff" * 11], ids=["group", "no type", "endless number"])
def test_what_is_malformed_hides_nothing_behind_it(hidden: bytes) -> None:
    assert not has_few_fields(hidden + EMPTY_TASK, SHAPE)


def test_every_kind_of_field_is_passed_over() -> None:
    request = pb.SubmitBatchRequest(
        tasks=[
            pb.Task(
                queue_deadline_ms=2**64 - 1,
                limits=pb.Limits(cpu_ms=1),
                cases=[pb.TestCase(comparison=pb.Comparison(epsilon=0.5))],
                env={"a": "b"},
                priority=pb.Task.HIGH,
            )
        ]
    )
    fixed_32 = b"\x9d\x06\x00\x00\x00\x00"
    assert has_few_fields(request.SerializeToString() + fixed_32, SHAPE)


@pytest.mark.parametrize("method", ["Submit", "SubmitBatch", "Execute", "SubmitAndWatch"])
async def test_a_request_of_too_many_fields_is_invalid(calls: Calls, method: str) -> None:
    code, found, _ = await failure(calls.raw(f"/coderunner.v1.ExecutionService/{method}", EMPTY_TASK * 2_000_000))
    assert (code, found) == (Code.INVALID_ARGUMENT, [f"{method}Request"])


async def test_a_request_of_a_million_packed_numbers_is_invalid(calls: Calls) -> None:
    crowded = task(callback=pb.Callback(url="https://a.example/", events=[pb.Callback.FINISHED] * 1_000_000))
    code, found, _ = await failure(calls.execution.Submit(pb.SubmitRequest(task=crowded)))
    assert (code, found) == (Code.INVALID_ARGUMENT, ["SubmitRequest"])


async def test_a_large_request_of_few_fields_is_taken(calls: Calls) -> None:
    cases = [pb.TestCase(name="x", stdin="y", args=["z"] * 60)] * 100
    request = pb.SubmitRequest(task=task(cases=cases))
    assert (await calls.execution.Submit(request)).id


async def test_a_request_that_is_large_only_by_its_text_is_taken(calls: Calls) -> None:
    request = pb.SubmitRequest(task=task(stdin="\u20ac" * 300_000))
    assert (await calls.execution.Submit(request)).id


async def test_a_query_of_more_than_its_bytes_is_invalid(calls: Calls) -> None:
    code, found, _ = await failure(calls.execution.Get(pb.GetRequest(id="a" * 70_000)))
    assert (code, found) == (Code.INVALID_ARGUMENT, ["GetRequest"])


@pytest.mark.parametrize(
    ("request_", "violated"),
    [
        (pb.ListRequest(statuses=[pb.Execution.QUEUED] * 100), "statuses"),
        (pb.ListRequest(labels={str(number): "" for number in range(33)}), "labels"),
        (pb.ListRequest(language="x" * 257), "language"),
        (pb.ListRequest(node_id="x" * 257), "node_id"),
        (pb.ListRequest(page_token="1" * 257), "page_token"),
    ],
)
async def test_a_filter_larger_than_any_list_is_invalid(calls: Calls, request_: pb.ListRequest, violated: str) -> None:
    code, found, _ = await failure(calls.execution.List(request_))
    assert (code, found) == (Code.INVALID_ARGUMENT, [violated])


async def test_a_batch_of_bad_tasks_is_answered_with_few_violations_each(calls: Calls) -> None:
    bad = task(args=["\0"] * 20)
    answer = await calls.execution.SubmitBatch(pb.SubmitBatchRequest(tasks=[bad] * 1000))
    assert len(answer.results) == 1000
    assert {len(one.error.violations) for one in answer.results} == {16}


async def test_more_of_a_kind_than_may_enter_is_told_to_be_too_many(calls: Calls) -> None:
    for fields, violated in (
        ({"files": [pb.File(name=str(n), content="x") for n in range(5000)]}, "task.files"),
        ({"cases": [pb.TestCase()] * 5000}, "task.cases"),
        ({"env": {f"A{n}": "" for n in range(5000)}}, "task.env"),
        ({"labels": {str(n): "" for n in range(5000)}}, "task.labels"),
        ({"args": [""] * 5000}, "task.args"),
        ({"compile_options": ["-a"] * 5000}, "task.compile_options"),
    ):
        code, found, _ = await failure(calls.execution.Submit(pb.SubmitRequest(task=task(**fields))))
        assert (code, found) == (Code.INVALID_ARGUMENT, [violated])
