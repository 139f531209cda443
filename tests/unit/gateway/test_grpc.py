"""The gRPC interface, through a real channel, over in-memory ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import msgspec
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from broker_gateway.application.settings import SubmissionSettings
from broker_gateway.domain.quota import QuotaPolicy
from broker_gateway.interfaces.execution_mapping import execution_message
from broker_gateway.interfaces.server import GrpcServer, GrpcSettings, build_server
from coderunner.v1 import catalog_pb2, catalog_pb2_grpc
from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import execution_pb2_grpc as rpc
from schemas.execution import CaseResult
from schemas.status import NodeState, Status, Verdict
from tests.fakes.live_nodes import node
from tests.unit.gateway.gateway_on_fakes import (
    PATIENCE_S,
    GatewayOnFakes,
    chunk,
    execution_of,
    stage,
)

Code = grpc.StatusCode


class Calls:
    """A client's end of the channel."""

    def __init__(self, gateway: GatewayOnFakes, server: GrpcServer, channel: grpc.aio.Channel, port: int) -> None:
        self.gateway = gateway
        self.port = port
        self.server = server
        self.channel = channel
        self.execution = rpc.ExecutionServiceStub(channel)
        self.catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        self.health = health_pb2_grpc.HealthStub(channel)
        self.reflection = reflection_pb2_grpc.ServerReflectionStub(channel)

    async def raw(self, method: str, request: bytes, metadata: Any = None) -> bytes:
        return await self.channel.unary_unary(method)(request, metadata=metadata, timeout=PATIENCE_S)

    async def submit(self, **fields: Any) -> str:
        response = await self.execution.Submit(pb.SubmitRequest(task=task(**fields)), timeout=PATIENCE_S)
        return response.id


@asynccontextmanager
async def serving(gateway: GatewayOnFakes | None = None, **settings: Any) -> AsyncIterator[Calls]:
    gateway = gateway or GatewayOnFakes()
    server = build_server(
        execution=gateway.service,
        catalog=gateway.catalog,
        operations=gateway.operations,
        settings=GrpcSettings(address="127.0.0.1:0", **settings),
    )
    port = await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Calls(gateway, server, channel, port)
    finally:
        await server.stop(0)


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    async with serving() as calls:
        yield calls


def task(source: str = "print(42)", **fields: Any) -> pb.Task:
    return pb.Task(**{"language": "python", "files": [pb.File(content=source)], **fields})


async def failure(call: Any) -> tuple[grpc.StatusCode, list[str], grpc.aio.AioRpcError]:
    """The status of a call that must fail, and the fields of its violations."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(PATIENCE_S):
            await call
    error = caught.value
    return error.code(), [one.field for one in details(error, error_details_pb2.BadRequest).field_violations], error


def details(error: grpc.aio.AioRpcError, kind: Callable[[], Any]) -> Any:
    message = kind()
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # has what a call has
    for detail in status.details if status is not None else ():
        detail.Unpack(message)
    return message


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
@pytest.mark.parametrize("method", ["Submit", "Execute"])
async def test_bad_input_is_invalid_argument_with_its_field(
    calls: Calls, method: str, fields: dict[str, Any], violated: list[str]
) -> None:
    request = {"Submit": pb.SubmitRequest, "Execute": pb.ExecuteRequest}[method]
    code, found, error = await failure(getattr(calls.execution, method)(request(task=task(**fields))))
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
    assert len(found) + int(last.description.split()[1]) - 1 == 64 + 128


async def test_a_language_that_nobody_serves_is_a_failed_precondition(calls: Calls) -> None:
    code, _, error = await failure(calls.execution.Submit(pb.SubmitRequest(task=task(language="cobol"))))
    assert code is Code.FAILED_PRECONDITION
    assert "python" in (error.details() or "")
    version = pb.SubmitRequest(task=task(language_version="2"))
    assert (await failure(calls.execution.Submit(version)))[0] is Code.FAILED_PRECONDITION


async def test_a_full_queue_is_resource_exhausted_with_a_retry_time() -> None:
    gateway = GatewayOnFakes(settings=SubmissionSettings(queue_limit=0, queue_full_retry_ms=1500))
    async with serving(gateway) as calls:
        code, _, error = await failure(calls.execution.Submit(pb.SubmitRequest(task=task())))
        assert code is Code.RESOURCE_EXHAUSTED
        assert details(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() == 1500


async def test_a_used_up_quota_is_resource_exhausted_with_a_retry_time() -> None:
    async with serving(GatewayOnFakes(quota=QuotaPolicy(rate_per_s=1, burst=1))) as calls:
        await calls.submit()
        code, _, error = await failure(calls.execution.Submit(pb.SubmitRequest(task=task())))
        assert code is Code.RESOURCE_EXHAUSTED
        assert details(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() == 1000


@pytest.mark.parametrize("method", ["Get", "Cancel", "Watch"])
@pytest.mark.parametrize("task_id", ["unknown", "a.b.c", "*", ">", "ü", "x" * 10_000])
async def test_an_unknown_id_is_not_found(calls: Calls, method: str, task_id: str) -> None:
    code, _, _ = await failure(_by_id(calls, method, task_id))
    assert code is Code.NOT_FOUND


@pytest.mark.parametrize("method", ["Get", "Cancel", "Watch"])
async def test_an_empty_id_is_invalid(calls: Calls, method: str) -> None:
    assert (await failure(_by_id(calls, method, "")))[:2] == (Code.INVALID_ARGUMENT, ["id"])


def _by_id(calls: Calls, method: str, task_id: str) -> Any:
    request = {"Get": pb.GetRequest, "Cancel": pb.CancelRequest, "Watch": pb.WatchRequest}[method](id=task_id)
    call = getattr(calls.execution, method)(request)
    return call.read() if method == "Watch" else call


def _bad_text(request: Any, text: str = "MARK") -> bytes:
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


async def test_execute_returns_the_whole_execution(calls: Calls) -> None:
    call = calls.execution.Execute(pb.ExecuteRequest(task=task()), timeout=PATIENCE_S)
    waiting = asyncio.ensure_future(call)
    calls.gateway.finish(await calls.gateway.queued_task_id())
    execution = (await waiting).execution
    assert (execution.status, execution.run.stdout, execution.run.exit_code) == (pb.Execution.SUCCEEDED, "42\n", 0)
    assert execution.run.HasField("exit_code")
    assert not execution.run.HasField("signal")
    assert not execution.HasField("compile")
    assert (execution.finished_at_ms - execution.submitted_at_ms, dict(execution.labels)) == (50, {"post": "7"})


async def test_a_client_who_goes_away_releases_its_subscription_and_leaves_the_task(calls: Calls) -> None:
    call = calls.execution.Execute(pb.ExecuteRequest(task=task()))
    waiting = asyncio.ensure_future(call)
    task_id = await calls.gateway.queued_task_id()
    waiting.cancel()
    await calls.gateway.until(lambda: calls.gateway.bus.open_feeds() == 0)
    assert task_id in calls.gateway.bus.tasks


async def test_a_deadline_ends_an_execute_and_releases_its_subscription(calls: Calls) -> None:
    code, _, _ = await failure(calls.execution.Execute(pb.ExecuteRequest(task=task()), timeout=0.1))
    assert code is Code.DEADLINE_EXCEEDED
    await calls.gateway.until(lambda: calls.gateway.bus.open_feeds() == 0)


async def test_a_watch_streams_states_output_and_the_result(calls: Calls) -> None:
    task_id = await calls.submit()
    stream = calls.execution.Watch(pb.WatchRequest(id=task_id), timeout=PATIENCE_S)
    first = await stream.read()
    calls.gateway.start(task_id)
    calls.gateway.bus.publish(task_id, chunk(task_id, "42"))
    calls.gateway.finish(task_id)
    started, output, last = [await stream.read() for _ in range(3)]
    assert await stream.read() is grpc.aio.EOF
    assert first.execution.status == pb.Execution.QUEUED
    assert (started.execution.status, started.execution.node_id) == (pb.Execution.RUNNING, "n1")
    assert (output.output.stream, output.output.text, output.output.attempt) == (pb.OutputChunk.STDOUT, "42", 1)
    assert last.execution.run.stdout == "42\n"


async def test_a_watcher_who_goes_away_releases_its_subscription(calls: Calls) -> None:
    task_id = await calls.submit()
    stream = calls.execution.Watch(pb.WatchRequest(id=task_id))
    await stream.read()
    stream.cancel()
    await calls.gateway.until(lambda: calls.gateway.bus.open_feeds() == 0)


async def test_a_watcher_who_reads_nothing_and_goes_away_releases_its_subscription(calls: Calls) -> None:
    task_id = await calls.submit()
    stream = calls.execution.Watch(pb.WatchRequest(id=task_id))
    await stream.read()
    for number in range(200):
        calls.gateway.bus.publish(task_id, chunk(task_id, "x" * 65_536, number))
    await asyncio.sleep(0.05)  # until flow control holds the server's write back
    stream.cancel()
    await calls.gateway.until(lambda: calls.gateway.bus.open_feeds() == 0)


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


async def test_a_list_is_filtered_and_paged(calls: Calls) -> None:
    ids = [await calls.submit(labels={"n": str(number)}) for number in range(3)]
    calls.gateway.start(ids[0])
    first = await calls.execution.List(pb.ListRequest(page_size=2))
    rest = await calls.execution.List(pb.ListRequest(page_size=2, page_token=first.next_page_token))
    assert [one.id for one in (*first.executions, *rest.executions)] == ids[::-1]
    running = await calls.execution.List(pb.ListRequest(statuses=[pb.Execution.RUNNING]))
    labelled = await calls.execution.List(pb.ListRequest(labels={"n": "1"}))
    assert [one.id for one in running.executions] == ids[:1]
    assert [one.id for one in labelled.executions] == ids[1:2]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListRequest(page_size=201), "page_size"),
        (pb.ListRequest(page_token="nonsense"), "page_token"),
        (pb.ListRequest(statuses=[1, 99]), "statuses[1]"),  # type: ignore[list-item]  # unknown on purpose
        (pb.ListRequest(statuses=[0]), "statuses[0]"),  # type: ignore[list-item]  # unset on purpose
    ],
)
async def test_a_list_that_cannot_be_is_invalid(calls: Calls, request_: pb.ListRequest, field: str) -> None:
    assert (await failure(calls.execution.List(request_)))[:2] == (Code.INVALID_ARGUMENT, [field])


async def test_cancel_says_whether_it_was_in_time(calls: Calls) -> None:
    task_id = await calls.submit()
    first = await calls.execution.Cancel(pb.CancelRequest(id=task_id))
    second = await calls.execution.Cancel(pb.CancelRequest(id=task_id))
    assert (first.cancelled, first.execution.status) == (True, pb.Execution.CANCELLED)
    assert (second.cancelled, second.execution.status) == (False, pb.Execution.CANCELLED)


async def test_the_catalog_tells_languages_and_nodes(calls: Calls) -> None:
    calls.gateway.directory.records = [node("a"), node("b", state=NodeState.DRAINING)]
    (language,) = (await calls.catalog.ListLanguages(catalog_pb2.ListLanguagesRequest())).languages
    nodes = (await calls.catalog.ListNodes(catalog_pb2.ListNodesRequest())).nodes
    assert (language.name, list(language.versions), language.nodes) == ("python", ["3.13.5"], 1)
    assert [(one.id, one.state) for one in nodes] == [
        ("a", catalog_pb2.Node.READY),
        ("b", catalog_pb2.Node.DRAINING),
    ]
    assert dict(nodes[0].languages) == {"python": "3.13.5"}


async def test_a_bus_that_does_not_answer_is_unavailable(calls: Calls) -> None:
    calls.gateway.bus.is_down = True
    assert (await failure(calls.execution.Submit(pb.SubmitRequest(task=task()))))[0] is Code.UNAVAILABLE
    assert (await failure(calls.execution.Get(pb.GetRequest(id="x"))))[0] is Code.UNAVAILABLE
    stream = calls.execution.Watch(pb.WatchRequest(id="x"))
    assert (await failure(stream.read()))[0] is Code.UNAVAILABLE


@pytest.mark.parametrize("method", ["Get", "Watch"])
async def test_a_fault_of_ours_is_internal_is_logged_once_and_tells_nothing(
    calls: Calls, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    async def break_() -> None:
        raise RuntimeError("the password is hunter2")

    calls.gateway.bus.before["find_result"] = break_
    code, _, error = await failure(_by_id(calls, method, "x"))
    assert code is Code.INTERNAL
    assert "hunter2" not in str(error)
    assert capsys.readouterr().out.count("call_failed") == 1


TOKENS = {"s3cret": "blog", "other": "school"}
BLOG = (("authorization", "Bearer s3cret"),)


async def test_a_token_names_the_client() -> None:
    async with serving(tokens=TOKENS) as calls:
        response = await calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=BLOG)
        school = (("authorization", "bearer other"),)
        other = await calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=school)
        clients = [calls.gateway.bus.tasks[one].client for one in (response.id, other.id)]
        assert clients == ["blog", "school"]


@pytest.mark.parametrize(
    "metadata",
    [None, (("authorization", "Bearer wrong"),), (("authorization", "s3cret"),), (("authorization", "Bearer "),)],
)
async def test_without_a_valid_token_nothing_is_served(metadata: Any) -> None:
    async with serving(tokens=TOKENS) as calls:
        submit = calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=metadata)
        watch = calls.execution.Watch(pb.WatchRequest(id="x"), metadata=metadata)
        undecodable = calls.raw("/coderunner.v1.ExecutionService/Get", b"\xff", metadata)
        for call in (submit, watch.read(), undecodable):
            assert (await failure(call))[0] is Code.UNAUTHENTICATED
        assert calls.gateway.bus.calls == []


async def test_health_and_reflection_need_no_token() -> None:
    async with serving(tokens=TOKENS) as calls:
        await calls.health.Check(health_pb2.HealthCheckRequest())
        assert "coderunner.v1.ExecutionService" in await _services(calls)


async def test_reflection_lists_and_describes_the_services(calls: Calls) -> None:
    assert await _services(calls) == {
        "coderunner.v1.ExecutionService",
        "coderunner.v1.CatalogService",
        "coderunner.v1.OperationsService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    wanted = reflection_pb2.ServerReflectionRequest(file_containing_symbol="coderunner.v1.ExecutionService")
    (answer,) = [one async for one in calls.reflection.ServerReflectionInfo(iter([wanted]))]
    assert answer.file_descriptor_response.file_descriptor_proto


async def _services(calls: Calls) -> set[str]:
    wanted = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = [one async for one in calls.reflection.ServerReflectionInfo(iter([wanted]))]
    return {one.name for one in answer.list_services_response.service}


async def test_health_follows_readiness(calls: Calls) -> None:
    serving_, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING

    async def said(service: str) -> int:
        return (await calls.health.Check(health_pb2.HealthCheckRequest(service=service))).status

    assert await said("") == not_serving
    await calls.server.set_ready(True)
    assert [await said(name) for name in ("", "coderunner.v1.ExecutionService")] == [serving_, serving_]
    await calls.server.set_ready(False)
    assert await said("coderunner.v1.CatalogService") == not_serving
    unknown = calls.health.Check(health_pb2.HealthCheckRequest(service="nobody"))
    assert (await failure(unknown))[0] is Code.NOT_FOUND


async def test_a_watch_of_the_health_sees_the_change(calls: Calls) -> None:
    stream = calls.health.Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE_S)
    assert (await stream.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    await calls.server.set_ready(True)
    assert (await stream.read()).status == health_pb2.HealthCheckResponse.SERVING


async def test_two_servers_cannot_share_a_port_by_mistake() -> None:
    gateway = GatewayOnFakes()
    async with serving(gateway) as calls:
        settings = GrpcSettings(address=f"127.0.0.1:{calls.port}")
        second = build_server(
            execution=gateway.service, catalog=gateway.catalog, operations=gateway.operations, settings=settings
        )
        with pytest.raises(RuntimeError):
            await second.start()


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_name_in_the_proto(status: Status) -> None:
    assert execution_message(execution_of("t", status=status)).status == pb.Execution.Status.Value(status.value)


def test_cases_and_signals_are_passed_on() -> None:
    killed = msgspec.structs.replace(stage(), exit_code=None, signal=9)
    cases = [
        CaseResult(name="1", verdict=Verdict.ACCEPTED, stage=killed, checker_output="ok"),
        CaseResult(name="2", verdict=Verdict.SKIPPED, stage=None, checker_output=""),
    ]
    first, second = execution_message(msgspec.structs.replace(execution_of("t"), cases=cases)).cases
    assert (first.verdict, first.stage.signal, first.stage.HasField("exit_code")) == (pb.CaseResult.ACCEPTED, 9, False)
    assert not second.HasField("stage")
