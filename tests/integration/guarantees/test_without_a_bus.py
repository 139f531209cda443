"""A call without a working bus says so soon; a bus that is back at once is waited for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest

from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import execution_pb2_grpc
from tests.integration.guarantees.listed_node import serve_nowhere
from tests.servers.fixtures import StartStack
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

LANGUAGE = "nolang"
PATIENCE_S = 4.0
"""Twice what is promised: a call that takes longer ends as DEADLINE_EXCEEDED here, which is not what it should say."""
TASK = pb.Task(language=LANGUAGE, files=[pb.File(content="x")])
CALLS = {
    "Submit": pb.SubmitRequest(task=TASK),
    "Execute": pb.ExecuteRequest(task=TASK),
    "SubmitAndWatch": pb.SubmitAndWatchRequest(task=TASK),
    "Get": pb.GetRequest(id="one"),
    "List": pb.ListRequest(),
    "Watch": pb.WatchRequest(id="one"),
    "Cancel": pb.CancelRequest(id="one"),
}


@pytest.fixture
async def stack(start_stack: StartStack) -> Stack:
    made = start_stack(nodes=0)
    await serve_nowhere(made, LANGUAGE)
    return made


def killed(nats: NatsServer) -> None:
    nats.kill()


def paused(nats: NatsServer) -> None:
    """It keeps its connections, and says nothing."""
    nats.pause()


async def stub_of(stack: Stack, open_: AsyncExitStack) -> Any:
    channel = await open_.enter_async_context(grpc.aio.insecure_channel(stack.gateways[0].target))
    stub: Any = execution_pb2_grpc.ExecutionServiceStub  # the generated stubs carry no types
    return stub(channel)


@pytest.mark.parametrize("broken", [killed, paused])
async def test_every_call_says_that_it_is_unavailable(stack: Stack, broken: Callable[[NatsServer], None]) -> None:
    (nats,) = stack.nats.members
    async with AsyncExitStack() as open_:
        stub = await stub_of(stack, open_)
        await stub.Submit(CALLS["Submit"], timeout=PATIENCE_S)
        broken(nats)
        for method, request in CALLS.items():
            call = getattr(stub, method)(request, timeout=PATIENCE_S)
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await (call.read() if "Watch" in method else call)
            assert failed.value.code() is grpc.StatusCode.UNAVAILABLE, method
        answer = await stub.SubmitBatch(pb.SubmitBatchRequest(tasks=[TASK] * 500), timeout=PATIENCE_S)
    assert {one.error.code for one in answer.results} == {grpc.StatusCode.UNAVAILABLE.value[0]}
    assert len(answer.results) == 500


async def test_a_caller_learns_whether_the_task_may_have_been_stored(stack: Stack) -> None:
    (nats,) = stack.nats.members
    async with AsyncExitStack() as open_:
        stub = await stub_of(stack, open_)
        task = pb.Task(language=LANGUAGE, files=[pb.File(content="x")], idempotency_key="mine")
        nats.pause()
        with pytest.raises(grpc.aio.AioRpcError, match=r"may have done it.*idempotency key"):
            await stub.Submit(pb.SubmitRequest(task=task), timeout=PATIENCE_S)
        nats.resume()
        first = await stub.Submit(pb.SubmitRequest(task=task), timeout=PATIENCE_S)
        assert (await stub.Submit(pb.SubmitRequest(task=task), timeout=PATIENCE_S)).id == first.id
        assert [one.id for one in (await stub.List(pb.ListRequest())).executions] == [first.id]
        nats.kill()
        with pytest.raises(grpc.aio.AioRpcError, match="nothing was done"):
            await stub.Get(CALLS["Get"], timeout=PATIENCE_S)


async def test_a_bus_that_starts_again_at_once_is_waited_for(stack: Stack) -> None:
    (nats,) = stack.nats.members
    async with AsyncExitStack() as open_:
        stub = await stub_of(stack, open_)
        await stub.Submit(CALLS["Submit"], timeout=PATIENCE_S)
        nats.kill()
        nats.start(wait=False)
        ids = {(await stub.Submit(CALLS["Submit"], timeout=PATIENCE_S)).id for _ in range(10)}
    assert len(ids) == 10
