"""What is wrong with a request, told by its field."""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from broker_gateway.domain.admission import MAX_VIOLATIONS
from coderunner.v1 import execution_pb2 as pb
from tests.unit.gateway.grpc_calls import Calls, Code, by_id, details, failure, serving, task


@pytest.mark.parametrize(
    ("fields", "violated"),
    [
        ({"language": ""}, ["task.language"]),
        ({"files": []}, ["task.files"]),
        ({"files": [pb.File(content="")]}, ["task.files[0].content"]),
        ({"files": [pb.File(content="x" * (256 * 1024 + 1))]}, ["task.files"]),
        ({"files": [pb.File(name="../a", content="x")]}, ["task.files[0].name"]),
        ({"files": [pb.File(name="/etc/passwd", content="x")]}, ["task.files[0].name"]),
        ({"files": [pb.File(name="a\0b", content="x")]}, ["task.files[0].name"]),
        ({"files": [pb.File(name=str(number), content="x") for number in range(65)]}, ["task.files"]),
        ({"limits": pb.Limits(cpu_ms=0)}, ["task.limits.cpu_ms"]),
        ({"limits": pb.Limits(memory_bytes=2**64 - 1)}, ["task.limits.memory_bytes"]),
        ({"limits": pb.Limits(processes=2**32 - 1, wall_ms=0)}, ["task.limits.wall_ms", "task.limits.processes"]),
        ({"callback": pb.Callback(url="not a url")}, ["task.callback.url"]),
        ({"callback": pb.Callback()}, ["task.callback.url"]),
        ({"callback": pb.Callback(url="http://user:secret@h/")}, ["task.callback.url"]),
        ({"priority": 17}, ["task.priority"]),
        ({"priority": -1}, ["task.priority"]),
        ({"args": ["a\0"]}, ["task.args[0]"]),
        ({"env": {"A B": "x"}}, ["task.env['A B']"]),
        ({"entry_point": "nowhere.py"}, ["task.entry_point"]),
        ({"idempotency_key": "k" * 129}, ["task.idempotency_key"]),
        ({"queue_deadline_ms": 2**64 - 1}, ["task.queue_deadline_ms"]),
        ({"cases": [pb.TestCase(comparison=pb.Comparison(mode=9))]}, ["task.cases[0].comparison.mode"]),  # type: ignore[arg-type]  # unknown on purpose
        (
            {"cases": [pb.TestCase(comparison=pb.Comparison(epsilon=float("nan")))]},
            ["task.cases[0].comparison.epsilon"],
        ),
        ({"checker": pb.Checker()}, ["task.checker.language", "task.checker", "task.checker.files"]),
        ({"compile_options": ["-O2\n"]}, ["task.compile_options[0]"]),
        ({"labels": {"": "x"}}, ["task.labels['']"]),
    ],
)
@pytest.mark.parametrize("method", ["Submit", "Execute", "SubmitAndWatch"])
async def test_bad_input_is_invalid_argument_with_its_field(
    calls: Calls, method: str, fields: dict[str, Any], violated: list[str]
) -> None:
    request = {
        "Submit": pb.SubmitRequest,
        "Execute": pb.ExecuteRequest,
        "SubmitAndWatch": pb.SubmitAndWatchRequest,
    }[method]
    call = getattr(calls.execution, method)(request(task=task(**fields)))
    code, found, error = await failure(call.read() if method == "SubmitAndWatch" else call)
    assert (code, found) == (Code.INVALID_ARGUMENT, violated)
    assert violated[0] in (error.details() or "")
    assert calls.gateway.bus.calls == []


async def test_a_request_without_a_task_is_invalid(calls: Calls) -> None:
    code, found, _ = await failure(calls.execution.Submit(pb.SubmitRequest()))
    assert (code, found) == (Code.INVALID_ARGUMENT, ["task.language", "task.files"])


async def test_more_violations_than_fit_the_trailers_are_counted(calls: Calls) -> None:
    files = [pb.File(name="x" * 300 + str(number), content="x") for number in range(64)]
    args = ["\0"] * 128
    code, found, error = await failure(calls.execution.Submit(pb.SubmitRequest(task=task(files=files, args=args))))
    assert code is Code.INVALID_ARGUMENT
    assert found[0] == "task.files[0].name"
    last = details(error, error_details_pb2.BadRequest).field_violations[-1]
    assert last.description.startswith("and ")
    assert len(found) + int(last.description.split()[1]) - 1 == MAX_VIOLATIONS


@pytest.mark.parametrize("method", ["Get", "Cancel", "Watch"])
async def test_an_empty_id_is_invalid(calls: Calls, method: str) -> None:
    assert (await failure(by_id(calls, method, "")))[:2] == (Code.INVALID_ARGUMENT, ["id"])


def _bad_text(request: Message, text: str = "MARK") -> bytes:
    return request.SerializeToString().replace(text.encode(), b"\xff\xfe\xfd\xfc")


@pytest.mark.parametrize(
    ("service", "method", "request_"),
    [
        ("ExecutionService", "Submit", pb.SubmitRequest(task=pb.Task(language="MARK"))),
        ("ExecutionService", "Submit", pb.SubmitRequest(task=pb.Task(files=[pb.File(content="MARK")]))),
        ("ExecutionService", "Submit", pb.SubmitRequest(task=pb.Task(files=[pb.File(name="MARK")]))),
        ("ExecutionService", "Submit", pb.SubmitRequest(task=pb.Task(stdin="MARK"))),
        ("ExecutionService", "Submit", pb.SubmitRequest(task=pb.Task(args=["MARK"]))),
        ("ExecutionService", "Submit", pb.SubmitRequest(task=pb.Task(env={"MARK": ""}))),
        ("ExecutionService", "Submit", pb.SubmitRequest(task=pb.Task(labels={"a": "MARK"}))),
        ("ExecutionService", "SubmitBatch", pb.SubmitBatchRequest(tasks=[pb.Task(stdin="MARK")])),
        ("ExecutionService", "Execute", pb.ExecuteRequest(task=pb.Task(stdin="MARK"))),
        ("ExecutionService", "SubmitAndWatch", pb.SubmitAndWatchRequest(task=pb.Task(stdin="MARK"))),
        ("ExecutionService", "Get", pb.GetRequest(id="MARK")),
        ("ExecutionService", "List", pb.ListRequest(language="MARK")),
        ("ExecutionService", "Cancel", pb.CancelRequest(id="MARK")),
        ("ExecutionService", "Watch", pb.WatchRequest(id="MARK")),
    ],
)
async def test_text_that_is_not_utf8_is_the_callers_fault(
    calls: Calls, service: str, method: str, request_: Any
) -> None:
    path = f"/coderunner.v1.{service}/{method}"
    code, found, error = await failure(calls.raw(path, _bad_text(request_)))
    assert (code, found) == (Code.INVALID_ARGUMENT, [f"{method}Request"])
    assert "UTF-8" in (error.details() or "")


@pytest.mark.parametrize(
    "path",
    [
        "/coderunner.v1.ExecutionService/Submit",
        "/coderunner.v1.CatalogService/ListNodes",
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ],
)
@pytest.mark.parametrize("data", [b"\xff" * 20, b"\x0a\x7f", b"\x0a\x02\xff\xfe"])
async def test_no_bytes_make_an_internal_error(calls: Calls, path: str, data: bytes) -> None:
    code = Code.OK  # an unknown field may hold anything
    try:
        await calls.raw(path, data)
    except grpc.aio.AioRpcError as error:
        code = error.code()
    assert code is Code.INVALID_ARGUMENT or (code is Code.OK and data[0] == 0x0A and "ListNodes" in path)


async def test_a_message_over_the_size_limit_is_refused() -> None:
    async with serving(max_receive_bytes=100_000) as calls:
        code, _, _ = await failure(calls.execution.Submit(pb.SubmitRequest(task=task("x" * 100_000))))
        assert code is Code.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListRequest(page_size=201), "page_size"),
        (pb.ListRequest(page_token="nonsense"), "page_token"),
        (pb.ListRequest(statuses=[1, 99]), "statuses[1]"),  # type: ignore[list-item]  # unknown on purpose
        (pb.ListRequest(statuses=[0]), "statuses[0]"),  # type: ignore[list-item]  # unset on purpose
        (pb.ListRequest(since_ms=2**64 - 1), "since_ms"),
        (pb.ListRequest(until_ms=2**53), "until_ms"),
        (pb.ListRequest(client="c" * 257), "client"),
        (pb.ListRequest(error="e" * 257), "error"),
        (pb.ListRequest(error="e"), "error"),
        (pb.ListRequest(with_total=True), "with_total"),
    ],
)
async def test_a_list_that_cannot_be_is_invalid(calls: Calls, request_: pb.ListRequest, field: str) -> None:
    assert (await failure(calls.execution.List(request_)))[:2] == (Code.INVALID_ARGUMENT, [field])
