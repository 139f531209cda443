"""What is not accepted is refused at once with a reason; what is accepted is accepted once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from coderunner.errors import LanguageUnavailable, QueueFull
from coderunner.model import Status
from coderunner.v1 import execution_pb2, execution_pb2_grpc
from tests.integration.guarantees.shared_stack import SharedStack
from tests.integration.guarantees.simulated_tasks import result, started, submit
from tests.servers.waiting import eventually


async def test_a_full_queue_refuses_with_a_retry_time_and_takes_tasks_again_when_there_is_room(
    shared: SharedStack,
) -> None:
    await shared.node(concurrency=1)
    _, client = await shared.gateway(queue_limit=3)
    running = await submit(client, shared.language, 1500)
    await started(client, running)
    queued = [await submit(client, shared.language) for _ in range(3)]
    with pytest.raises(QueueFull) as refused:
        await submit(client, shared.language)
    assert refused.value.retry_after == 1.0
    high = await submit(client, shared.language, priority="HIGH")  # each priority has a queue of its own
    for task_id in (running, high, *queued):
        assert (await result(client, task_id)).status is Status.SUCCEEDED
    assert (await client.run(shared.language, "x")).status is Status.SUCCEEDED


async def test_the_refusal_is_resource_exhausted_with_retry_info(shared: SharedStack) -> None:
    await shared.node(concurrency=1)
    gateway, client = await shared.gateway(queue_limit=1)
    running = await submit(client, shared.language, 60_000)
    await started(client, running)
    queued = await submit(client, shared.language)
    async with grpc.aio.insecure_channel(gateway.target) as channel:
        stub: Any = execution_pb2_grpc.ExecutionServiceStub  # the generated stubs carry no types
        task = execution_pb2.Task(language=shared.language, files=[execution_pb2.File(content="x")])
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub(channel).Submit(execution_pb2.SubmitRequest(task=task))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    metadata: Any = refused.value.trailing_metadata()
    details = dict(metadata)["grpc-status-details-bin"]
    info = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(info) for detail in status_pb2.Status.FromString(details).details)
    assert info.retry_delay.ToMilliseconds() == 1000
    for task_id in (queued, running):
        await client.cancel(task_id)


async def test_a_client_over_its_rate_is_refused_for_as_long_as_it_is_told(shared: SharedStack) -> None:
    await shared.node()
    _, client = await shared.gateway(quota_rate_per_s=2, quota_burst=3)
    taken = [await submit(client, shared.language) for _ in range(3)]
    with pytest.raises(QueueFull) as refused:
        await submit(client, shared.language)
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 0.5
    await asyncio.sleep(refused.value.retry_after)  # the promise itself: then it is taken
    taken.append(await submit(client, shared.language))
    assert {(await result(client, task_id)).status for task_id in taken} == {Status.SUCCEEDED}


async def test_unfinished_tasks_count_against_the_quota_until_they_end(shared: SharedStack) -> None:
    await shared.node(concurrency=2)
    _, client = await shared.gateway(quota_concurrent=2)
    first, second = [await submit(client, shared.language, 60_000) for _ in range(2)]
    with pytest.raises(QueueFull):
        await submit(client, shared.language)
    await client.cancel(first)
    third: list[str] = []

    async def accepted() -> bool:
        with suppress(QueueFull):  # the end of the first is heard of by an event
            third.append(await submit(client, shared.language))
        return bool(third)

    await eventually(accepted, 10)
    assert (await result(client, third[0])).status is Status.SUCCEEDED
    await client.cancel(second)


async def test_a_task_that_is_not_started_by_its_deadline_expires(shared: SharedStack) -> None:
    await shared.node(concurrency=1)
    client = await shared.client()
    running = await submit(client, shared.language, 600)
    await started(client, running)
    late = await submit(client, shared.language, queue_deadline_ms=100)
    in_time = await submit(client, shared.language, queue_deadline_ms=60_000)
    execution = await result(client, late)
    assert (execution.status, execution.error) == (Status.EXPIRED, "not started within 100 ms")
    assert (await result(client, in_time)).status is Status.SUCCEEDED


async def test_one_key_on_two_gateways_at_once_is_one_task_that_runs_once(shared: SharedStack) -> None:
    await shared.node(concurrency=4)
    clients = [await shared.client(0), await shared.client(1)]
    key = f"{shared.language}-once"

    async def tries(count: int) -> set[str]:
        one = [submit(clients[n % 2], shared.language, 50, idempotency_key=key) for n in range(count)]
        return set(await asyncio.gather(*one))

    (task_id,) = await tries(40)
    execution = await result(clients[0], task_id)
    assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 1)
    assert await tries(10) == {task_id}  # and after it has ended
    ran = [one async for one in clients[0].list(language=shared.language)]
    assert [one.id for one in ran] == [task_id]


async def test_a_language_that_no_live_node_serves_is_refused(shared: SharedStack) -> None:
    client = await shared.client()
    with pytest.raises(LanguageUnavailable, match=shared.language):
        await submit(client, shared.language)
