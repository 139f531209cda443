"""Who may call, and as whom."""

from __future__ import annotations

from typing import Any

import pytest
from grpc_health.v1 import health_pb2

from coderunner.v1 import execution_pb2 as pb
from tests.unit.gateway.grpc_calls import Code, failure, services, serving, task

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
        assert "coderunner.v1.ExecutionService" in await services(calls)
