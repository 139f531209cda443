"""What the logs of a gateway and a node tell of one task, and what they never tell."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import grpc.aio
import pytest

from coderunner import Client, InvalidTask, Unauthenticated
from coderunner.v1 import execution_pb2, execution_pb2_grpc
from tests.fakes.callback_endpoint import CallbackEndpoint
from tests.servers.fixtures import StartStack
from tests.servers.stack import Daemon
from tests.servers.waiting import eventually

LANGUAGE = "nolang"
OPEN_GATEWAY: dict[str, Any] = {"log_level": "debug", "callback_allowed_networks": ["127.0.0.0/8"]}
GATEWAY: dict[str, Any] = {**OPEN_GATEWAY, "tokens.blog": "hush-token"}
NODE: dict[str, Any] = {
    "log_level": "debug",
    "sandbox": "simulated",
    "simulated_languages": [LANGUAGE],
    "pools": ["simulated"],
}
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
WRONG_TOKEN = "hush-wrong-token"
HUSH: dict[str, Any] = {"stdin": "hush-stdin", "args": ["hush-argument"], "env": {"HUSH": "hush-environment"}}


def lines(daemon: Daemon) -> list[dict[str, Any]]:
    return [json.loads(line) for line in daemon.log.read_text(encoding="utf-8").splitlines()]


def events(daemon: Daemon, task_id: str) -> dict[str, str]:
    """The events of the lines about a task, with their kinds."""
    return {line["event"]: line["kind"] for line in lines(daemon) if line.get("task_id") == task_id}


async def test_one_task_is_followed_through_all_logs_by_its_id_and_none_of_what_it_is_is_in_them(
    start_stack: StartStack,
) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    (gateway,), (node,) = stack.gateways, stack.nodes
    async with CallbackEndpoint() as blog, Client(gateway.target, token="hush-token") as client:

        async def served() -> bool:
            return LANGUAGE in {one.name for one in await client.languages()}

        await eventually(served, 60)
        task_id = await client.submit(LANGUAGE, "hush-source", callback=blog.url, **HUSH)
        execution = await client.follow(task_id)
        assert execution.run is not None
        assert execution.run.stdout == "hush-stdin"  # so there was an output that could have been told
        with pytest.raises(InvalidTask):
            await client.submit(LANGUAGE, "hush-source", args=["hush\0argument"])
        async with Client(gateway.target, token=WRONG_TOKEN) as stranger:
            with pytest.raises(Unauthenticated):
                await stranger.get(task_id)
        await eventually(lambda: "callback_delivered" in events(gateway, task_id))
        await eventually(lambda: "task_finished" in events(node, task_id))
    assert events(gateway, task_id) == {"call_ended": "access", "callback_delivered": "business"}
    assert events(node, task_id) == {"task_finished": "business"}
    audited = [line for line in lines(gateway) if line["kind"] == "audit"]
    assert [(line["method"], line["code"], line["client"]) for line in audited] == [("Get", "UNAUTHENTICATED", "")]
    for daemon in (gateway, node):
        assert "hush" not in daemon.log.read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("kind", ["url", "grpc_url"])
async def test_a_caller_s_trace_goes_with_its_task_and_on_to_who_is_called_back(
    start_stack: StartStack, kind: str
) -> None:
    stack = start_stack(gateway=OPEN_GATEWAY, node=NODE)
    (gateway,), (node,) = stack.gateways, stack.nodes
    await stack.wait_served(LANGUAGE)
    async with CallbackEndpoint(2) as blog, grpc.aio.insecure_channel(gateway.target) as channel:
        stub: Any = execution_pb2_grpc.ExecutionServiceStub(channel)
        ids = []
        for sent in (TRACEPARENT, "00-forged"):
            task = execution_pb2.Task(
                language=LANGUAGE,
                files=[execution_pb2.File(content="x")],
                callback=execution_pb2.Callback(url=getattr(blog, kind)),
            )
            request = execution_pb2.SubmitRequest(task=task)
            ids.append((await stub.Submit(request, metadata=(("traceparent", sent),))).id)
        await asyncio.wait_for(blog.complete.wait(), 20)
        await eventually(lambda: all("callback_delivered" in events(gateway, one) for one in ids))
        await eventually(lambda: all("task_finished" in events(node, one) for one in ids))
    assert sorted(blog.traces) == ["", TRACEPARENT]
    traced = [line for daemon in (gateway, node) for line in lines(daemon) if "trace_id" in line]
    assert sorted(line["event"] for line in traced) == ["call_ended", "callback_delivered", "task_finished"]
    assert {(line["task_id"], line["trace_id"]) for line in traced} == {(ids[0], TRACEPARENT[3:35])}
