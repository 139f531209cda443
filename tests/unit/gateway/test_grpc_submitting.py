"""Tasks as they go from the wire to the bus, one by one and in batches."""

from __future__ import annotations

from broker_gateway.application.settings import SubmissionSettings
from coderunner.v1 import execution_pb2 as pb
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving, task


async def test_a_whole_task_reaches_the_bus_as_it_was_sent(calls: Calls) -> None:
    task_id = await calls.submit(
        files=[pb.File(name="a.py", content="ü"), pb.File(name="b/c.py", content="")],
        entry_point="a.py",
        stdin="in\0put",
        args=["1", ""],
        env={"A": "b"},
        limits=pb.Limits(cpu_ms=77, disk_bytes=8192),
        priority=pb.Task.HIGH,
        cases=[
            pb.TestCase(stdin="1", comparison=pb.Comparison(mode=pb.Comparison.FLOAT), limits=pb.Limits(wall_ms=9)),
            pb.TestCase(name="second", expected_output="x", comparison=pb.Comparison(mode=pb.Comparison.EXACT)),
        ],
        stop_at_first_failure=True,
        checker=pb.Checker(language="py", files=[pb.File(content="check")]),
        queue_deadline_ms=1000,
        callback=pb.Callback(url="grpc://blog:1"),
        labels={"post": "7"},
    )
    found = calls.gateway.bus.tasks[task_id]
    assert [(file.name, file.content) for file in found.files] == [("a.py", "ü"), ("b/c.py", "")]
    assert (found.entry_point, found.stdin, found.args, found.env) == ("a.py", "in\0put", ["1", ""], {"A": "b"})
    assert (found.limits.cpu_ms, found.limits.disk_bytes, found.limits.file_bytes) == (77, 8192, 8192)
    assert (found.limits.wall_ms, found.priority.value, found.labels) == (10_000, "HIGH", {"post": "7"})
    assert [(one.name, one.comparison.mode, one.comparison.epsilon) for one in found.cases] == [
        ("1", "float", 1e-6),
        ("second", "exact", 0.0),
    ]
    assert found.cases[0].limits is not None
    assert (found.cases[0].limits.wall_ms, found.cases[0].limits.cpu_ms) == (9, 77)
    assert found.checker is not None
    assert (found.checker.language, found.stop_at_first_failure) == ("python", True)
    assert found.callback is not None
    assert found.callback.url == "grpc://blog:1"
    assert found.expires_at_ms == found.submitted_at_ms + 1000


async def test_an_unset_priority_and_comparison_take_their_defaults(calls: Calls) -> None:
    task_id = await calls.submit(cases=[pb.TestCase()])
    found = calls.gateway.bus.tasks[task_id]
    assert (found.priority.value, found.cases[0].comparison.mode) == ("NORMAL", "trimmed")


async def test_a_batch_answers_for_each_task(calls: Calls) -> None:
    tasks = [task(), task(""), task(language="cobol"), task()]
    first, empty, unserved, last = (await calls.execution.SubmitBatch(pb.SubmitBatchRequest(tasks=tasks))).results
    assert set(calls.gateway.bus.tasks) == {first.id, last.id}
    assert empty.error.code == Code.INVALID_ARGUMENT.value[0]
    assert [one.field for one in empty.error.violations] == ["tasks[1].files[0].content"]
    assert unserved.error.code == Code.FAILED_PRECONDITION.value[0]


async def test_a_batch_says_when_another_try_is_worth_it() -> None:
    async with serving(GatewayOnFakes(settings=SubmissionSettings(queue_limit=0))) as calls:
        (one,) = (await calls.execution.SubmitBatch(pb.SubmitBatchRequest(tasks=[task()]))).results
        assert (one.error.code, one.error.retry_after_ms) == (Code.RESOURCE_EXHAUSTED.value[0], 1000)


async def test_a_batch_of_more_than_a_thousand_is_invalid_and_an_empty_one_is_empty(calls: Calls) -> None:
    many = pb.SubmitBatchRequest(tasks=[pb.Task()] * 1001)
    assert (await failure(calls.execution.SubmitBatch(many)))[:2] == (Code.INVALID_ARGUMENT, ["tasks"])
    assert len((await calls.execution.SubmitBatch(pb.SubmitBatchRequest())).results) == 0
