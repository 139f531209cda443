"""What a collector is told of a task by a real gateway and a real node, and what it costs them when it is away."""

from __future__ import annotations

import asyncio
import http.client
import json
from pathlib import Path
from typing import Any

import grpc.aio

from coderunner import Client
from coderunner.v1 import execution_pb2, execution_pb2_grpc
from tests.fakes.callback_endpoint import CallbackEndpoint
from tests.fakes.memory_tracer import CALLER, TRACE_ID
from tests.fakes.otlp_collector import Collected, OtlpCollector, collecting
from tests.servers.fixtures import StartStack
from tests.servers.ports import free_port
from tests.servers.stack import Daemon, Stack
from tests.servers.waiting import eventually

LANGUAGE = "nolang"
NODE: dict[str, Any] = {"sandbox": "simulated", "simulated_languages": [LANGUAGE], "pools": ["simulated"]}
GATEWAY: dict[str, Any] = {"callback_allowed_networks": ["127.0.0.0/8"], "history_migrate": True}
SUBMIT = "coderunner.v1.ExecutionService/Submit"
SEND, PROCESS, STORE = "send CODERUNNER_TASKS", "process CODERUNNER_TASKS", "send CODERUNNER_RESULTS"
TREE = {
    SUBMIT: ("", "SERVER", "coderunner-gateway"),
    SEND: (SUBMIT, "PRODUCER", "coderunner-gateway"),
    PROCESS: (SEND, "CONSUMER", "coderunner-node"),
    "acquire slot": (PROCESS, "INTERNAL", "coderunner-node"),
    "run": (PROCESS, "INTERNAL", "coderunner-node"),
    STORE: (PROCESS, "PRODUCER", "coderunner-node"),
    "callback": (SEND, "CLIENT", "coderunner-gateway"),
    "record history": (SEND, "CLIENT", "coderunner-gateway"),
}
"""Each span of a task: its parent, its kind, who tells of it."""


def traced(start_stack: StartStack, collector_url: str, history: Path, **gateway: object) -> Stack:
    settings = {**GATEWAY, "history_url": f"sqlite:///{history}/history.db", "tracing_endpoint": collector_url}
    return start_stack(gateway={**settings, **gateway}, node={**NODE, "tracing_endpoint": collector_url})


async def submit(stack: Stack, traceparent: str = "", callback: str = "") -> str:
    """The task's id. What it is made of says hush."""
    task = execution_pb2.Task(
        language=LANGUAGE,
        files=[execution_pb2.File(name="hush.txt", content="hush-source")],
        stdin="hush-stdin",
        args=["hush-argument"],
        env={"HUSH": "hush-environment"},
        labels={"hush": "hush"},
    )
    if callback:
        task.callback.url = callback
    async with grpc.aio.insecure_channel(stack.gateways[0].target) as channel:
        stub: Any = execution_pb2_grpc.ExecutionServiceStub(channel)
        sent = (("traceparent", traceparent),) if traceparent else ()
        return str((await stub.Submit(execution_pb2.SubmitRequest(task=task), metadata=sent)).id)


def events(daemon: Daemon, name: str) -> list[dict[str, Any]]:
    lines = map(json.loads, daemon.log.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line["event"] == name]


def metrics_page(daemon: Daemon) -> str:
    """As Prometheus asks for it."""
    connection = http.client.HTTPConnection("127.0.0.1", daemon.http_port, timeout=10)
    try:
        connection.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        return connection.getresponse().read().decode()
    finally:
        connection.close()


async def test_one_trace_goes_from_the_caller_s_span_through_everything_that_is_done_for_its_task(
    start_stack: StartStack, tmp_path: Path
) -> None:
    async with collecting() as collector, CallbackEndpoint() as blog:
        stack = traced(start_stack, collector.url, tmp_path)
        await stack.wait_served(LANGUAGE)
        task_id = await submit(stack, CALLER, f"{blog.url}?key=hush")
        await asyncio.wait_for(blog.complete.wait(), 20)
        spans = await collector.until(*TREE)
    assert len(collector.spans) == len(TREE)
    names = {span.span_id: span.name for span in collector.spans} | {CALLER[36:52]: ""}
    told = {name: (names[span.parent_id], span.kind, span.service) for name, span in spans.items()}
    assert told == TREE
    assert {span.trace_id for span in collector.spans} == {TRACE_ID}
    assert not any(span.failed for span in collector.spans)
    assert [trace[36:52] for trace in blog.traces] == [spans["callback"].span_id]
    about = {name for name, span in spans.items() if span.attributes.get("coderunner.task.id") == task_id}
    assert about == {SEND, PROCESS, STORE, "record history"}
    assert spans[PROCESS].attributes["coderunner.status"] == "SUCCEEDED"
    assert spans[PROCESS].seconds >= spans["run"].seconds > 0
    assert b"hush" not in collector.raw.lower()
    page = metrics_page(stack.gateways[0])
    assert f'# {{trace_id="{TRACE_ID}"}}' in page


async def test_a_caller_who_records_nothing_is_obeyed_and_who_has_no_trace_gets_one(
    start_stack: StartStack, tmp_path: Path
) -> None:
    async with collecting() as collector:
        stack = traced(start_stack, collector.url, tmp_path)
        await stack.wait_served(LANGUAGE)
        await submit(stack, f"{CALLER[:-2]}00")
        await submit(stack)
        spans = await until_whole(collector)
        assert TRACE_ID not in {span.trace_id for span in collector.spans}
        assert spans[SUBMIT].parent_id == ""
        assert len(collector.spans) == len(TREE) - 1  # nobody is called back


async def test_a_caller_cannot_have_more_traced_than_the_gateway_allows(
    start_stack: StartStack, tmp_path: Path
) -> None:
    async with collecting() as collector:
        stack = traced(start_stack, collector.url, tmp_path, tracing_per_s=0.001)
        await stack.wait_served(LANGUAGE)
        for _ in range(5):
            await submit(stack, CALLER)
        async with stack.client() as client:
            await eventually(lambda: _all_ended(client))
        for daemon in (*stack.nodes, *stack.gateways):
            await asyncio.to_thread(daemon.stop)  # what ends sends what it has
        assert [span.name for span in collector.spans].count(SUBMIT) == 1
        assert [span.name for span in collector.spans].count(PROCESS) == 1


async def _all_ended(client: Client) -> bool:
    return [one.status async for one in client.list()] == ["SUCCEEDED"] * 5


async def test_a_collector_that_is_away_costs_a_task_nothing_but_its_spans(
    start_stack: StartStack, tmp_path: Path
) -> None:
    stack = traced(start_stack, f"http://127.0.0.1:{free_port()}", tmp_path)
    await stack.wait_served(LANGUAGE)
    (gateway,), (node,) = stack.gateways, stack.nodes
    async with stack.client() as client:
        for _ in range(3):
            await client.follow(await submit(stack, CALLER))
    await eventually(lambda: all(events(daemon, "spans_not_sent") for daemon in (gateway, node)), 40)
    for daemon in (gateway, node):
        assert "coderunner_spans_dropped_total 0.0" not in metrics_page(daemon)
        assert len(events(daemon, "spans_not_sent")) == 1
        assert daemon.stop() == 0


async def test_a_collector_that_comes_back_is_told_what_happens_from_then_on(
    start_stack: StartStack, tmp_path: Path
) -> None:
    async with collecting() as collector:
        collector.status = 400
        stack = traced(start_stack, collector.url, tmp_path)
        await stack.wait_served(LANGUAGE)
        await submit(stack, CALLER)
        await eventually(lambda: all(events(one, "spans_not_sent") for one in (*stack.gateways, *stack.nodes)), 20)
        collector.status = 200
        await submit(stack, CALLER)
        await until_whole(collector)
        await eventually(lambda: all(events(one, "spans_sent_again") for one in (*stack.gateways, *stack.nodes)), 20)


async def until_whole(collector: OtlpCollector) -> dict[str, Collected]:
    """The spans of a task that calls nobody back."""
    return await collector.until(*(name for name in TREE if name != "callback"))
