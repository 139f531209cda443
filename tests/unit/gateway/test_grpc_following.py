"""Execute and Watch: what those who wait are told, and what they leave behind when they go away."""

from __future__ import annotations

import asyncio

import grpc
import grpc.aio

from coderunner.v1 import execution_pb2 as pb
from tests.builders import a_chunk
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S
from tests.unit.gateway.grpc_calls import Calls, Code, failure, task


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
    calls.gateway.bus.publish(task_id, a_chunk(task_id, "42"))
    calls.gateway.finish(task_id)
    started, output, last = [await stream.read() for _ in range(3)]
    assert await stream.read() is grpc.aio.EOF  # type: ignore[attr-defined]  # its stubs do not know it
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
        calls.gateway.bus.publish(task_id, a_chunk(task_id, "x" * 65_536, number))
    await asyncio.sleep(0.05)  # until flow control holds the server's write back: nothing tells of it
    stream.cancel()
    await calls.gateway.until(lambda: calls.gateway.bus.open_feeds() == 0)


async def test_who_submits_and_watches_is_told_all_that_a_quick_program_prints(calls: Calls) -> None:
    stream = calls.execution.SubmitAndWatch(pb.SubmitAndWatchRequest(task=task()), timeout=PATIENCE_S)
    first = await stream.read()
    task_id = first.execution.id
    assert (first.execution.status, await calls.gateway.queued_task_id()) == (pb.Execution.QUEUED, task_id)
    calls.gateway.start(task_id)
    calls.gateway.bus.publish(task_id, a_chunk(task_id, "42"))
    calls.gateway.finish(task_id)
    started, output, last = [await stream.read() for _ in range(3)]
    assert (started.execution.status, output.output.text) == (pb.Execution.RUNNING, "42")
    assert (last.execution.status, last.execution.id) == (pb.Execution.SUCCEEDED, task_id)
    assert await stream.read() is grpc.aio.EOF  # type: ignore[attr-defined]  # its stubs do not know it


async def test_the_same_key_is_the_same_task_that_is_watched_again(calls: Calls) -> None:
    request = pb.SubmitAndWatchRequest(task=task(idempotency_key="the same"))
    ids = {(await calls.execution.SubmitAndWatch(request).read()).execution.id for _ in range(2)}
    assert len(ids) == len(calls.gateway.bus.tasks) == 1


async def test_who_submits_and_watches_and_goes_away_leaves_the_task_and_nothing_else(calls: Calls) -> None:
    stream = calls.execution.SubmitAndWatch(pb.SubmitAndWatchRequest(task=task()))
    task_id = (await stream.read()).execution.id
    stream.cancel()
    await calls.gateway.until(lambda: calls.gateway.bus.open_feeds() == 0)
    assert task_id in calls.gateway.bus.tasks
