"""What the log says of each call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from structlog.testing import capture_logs

from broker_gateway.infrastructure.call_metrics import CallMetrics, CallNotes
from broker_gateway.infrastructure.metrics import Metrics
from broker_gateway.interfaces import refusal_counts
from broker_gateway.interfaces.access_log import AccessLog
from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import operations_pb2, operations_pb2_grpc
from tests.servers.waiting import eventually
from tests.unit.gateway.grpc_calls import Calls, failure, serving, task

TOKENS = {"b": "blog", "o": "ops"}
BLOG = (("authorization", "Bearer b"),)
OPS = (("authorization", "Bearer o"),)
NOBODY = (("authorization", "Bearer a-wrong-token"),)
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
Line = dict[str, Any]


@asynccontextmanager
async def logged(*, every_call: bool = True) -> AsyncIterator[tuple[Calls, Callable[[int], Any]]]:
    """The calls, and a question for so many lines of the log."""
    metrics = CallMetrics(CallNotes(Metrics(), AccessLog(every_call=every_call).ended))
    with capture_logs() as written:

        async def lines(count: int) -> list[Line]:
            def said() -> list[Line]:
                return [dict(line) for line in written if line["event"] == "call_ended"]

            await eventually(lambda: len(said()) >= count)
            return said()

        async with serving(interceptors=[metrics], tokens=TOKENS, operators=["ops"]) as calls:
            yield calls, lines


async def test_a_call_is_logged_with_who_made_it_and_the_task_that_it_was_about() -> None:
    async with logged() as (calls, lines):
        task_id = (await calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=BLOG)).id
        await calls.execution.Get(pb.GetRequest(id=task_id), metadata=BLOG)
        submitted, got = await lines(2)
    assert submitted.pop("ms") >= 0
    assert submitted == {
        "event": "call_ended",
        "log_level": "info",
        "kind": "access",
        "method": "Submit",
        "code": "OK",
        "client": "blog",
        "task_id": task_id,
    }
    assert (got["method"], got["task_id"], got["kind"]) == ("Get", task_id, "access")


async def test_what_ends_a_task_and_what_operators_do_is_audited_also_where_calls_are_not_logged() -> None:
    async with logged(every_call=False) as (calls, lines):
        task_id = (await calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=BLOG)).id
        await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=BLOG)
        operations = operations_pb2_grpc.OperationsServiceStub(calls.channel)
        await operations.DrainNode(operations_pb2.DrainNodeRequest(id="node-1"), metadata=OPS)
        cancelled, drained = await lines(2)
    assert (cancelled["kind"], cancelled["client"], cancelled["task_id"]) == ("audit", "blog", task_id)
    assert (drained["kind"], drained["client"], drained["node_id"]) == ("audit", "ops", "node-1")


async def test_who_is_refused_for_who_he_is_is_audited_and_his_token_is_not_in_it() -> None:
    async with logged(every_call=False) as (calls, lines):
        await failure(calls.execution.Get(pb.GetRequest(id="t1"), metadata=NOBODY))
        operations = operations_pb2_grpc.OperationsServiceStub(calls.channel)
        await failure(operations.DrainNode(operations_pb2.DrainNodeRequest(id="n1"), metadata=BLOG))
        unknown, forbidden = await lines(2)
    assert (unknown["kind"], unknown["code"], unknown["client"]) == ("audit", "UNAUTHENTICATED", "")
    assert (forbidden["kind"], forbidden["code"], forbidden["method"]) == ("audit", "PERMISSION_DENIED", "DrainNode")
    assert "a-wrong-token" not in str((unknown, forbidden))


async def test_of_an_id_only_the_beginning_is_written() -> None:
    async with logged() as (calls, lines):
        await failure(calls.execution.Get(pb.GetRequest(id="x" * 60_000), metadata=BLOG))
        (line,) = await lines(1)
    assert line["task_id"] == "x" * 64


async def test_health_is_asked_for_without_a_line() -> None:
    async with logged() as (calls, lines):
        await calls.health.Check(health_pb2.HealthCheckRequest())
        await failure(calls.execution.Get(pb.GetRequest(id="t1"), metadata=BLOG))
        assert [line["method"] for line in await lines(1)] == ["Get"]


def test_a_flood_of_refused_calls_does_not_fill_the_log_and_its_size_is_told() -> None:
    now_ms = 0
    log = AccessLog(every_call=True, now_ms=lambda: now_ms)
    method = "/coderunner.v1.ExecutionService/Get"
    with capture_logs() as written:
        for _ in range(1000):
            log.ended(method, grpc.StatusCode.UNAUTHENTICATED, 0.0)
        assert len(written) == refusal_counts.AT_ONCE
        log.ended(method, grpc.StatusCode.OK, 0.0)
        now_ms = 1000
        for _ in range(1000):
            log.ended(method, grpc.StatusCode.UNAUTHENTICATED, 0.0)
    told = [line for line in written if "refusals_not_logged" in line]
    assert [(line["code"], line["refusals_not_logged"]) for line in told] == [("OK", 800)]
    assert len(written) == refusal_counts.AT_ONCE + 1 + refusal_counts.LINES_PER_S


@pytest.mark.parametrize("submit", ["Submit", "SubmitBatch"])
async def test_nothing_of_a_program_is_in_the_log_of_its_calls(submit: str) -> None:
    hush = pb.Task(
        language="python",
        files=[pb.File(content="hush-source")],
        stdin="hush-stdin",
        args=["hush-argument"],
        env={"HUSH": "hush-environment"},
    )
    request = {
        "Submit": pb.SubmitRequest(task=hush),
        "SubmitBatch": pb.SubmitBatchRequest(tasks=[hush]),
    }[submit]
    async with logged() as (calls, lines):
        await getattr(calls.execution, submit)(request, metadata=BLOG)
        (line,) = await lines(1)
    assert line["method"] == submit
    assert "hush" not in str(line).lower()


@pytest.mark.parametrize("method", ["Execute", "Watch"])
async def test_a_call_whose_caller_has_gone_is_cancelled_and_not_ok(method: str) -> None:
    """It was counted as OK."""
    async with logged() as (calls, lines):
        task_id = (await calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=BLOG)).id
        if method == "Watch":
            call: Any = calls.execution.Watch(pb.WatchRequest(id=task_id), metadata=BLOG)
            await call.read()
        else:
            call = calls.execution.Execute(pb.ExecuteRequest(task=task()), metadata=BLOG)
            await eventually(lambda: len(calls.gateway.bus.tasks) > 1)
        call.cancel()
        *_, line = await lines(2)
    assert (line["method"], line["code"]) == (method, "CANCELLED")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(TRACEPARENT, TRACEPARENT), ("00-forged", ""), (TRACEPARENT.upper(), ""), ("x" * 4000, "")],
    ids=lambda value: value[:9],
)
async def test_a_task_carries_the_trace_of_its_call_and_nothing_else_that_was_sent_for_one(
    sent: str, kept: str
) -> None:
    async with logged() as (calls, lines):
        metadata = (*BLOG, ("traceparent", sent))
        task_id = (await calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=metadata)).id
        (line,) = await lines(1)
        assert calls.gateway.bus.tasks[task_id].traceparent == kept
    assert line.get("trace_id", "") == kept[3:35]
