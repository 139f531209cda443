"""How often a client may ask, and how many of its calls may wait."""

from __future__ import annotations

import pytest
from google.rpc import error_details_pb2

from broker_gateway.domain.quota import LIST_READS, CallPolicy
from broker_gateway.interfaces.call_bounds import READS, WAITING
from broker_gateway.interfaces.server import SERVICES
from coderunner.v1 import execution_pb2 as pb
from tests.integration.guarantees.worst_requests import methods
from tests.unit.gateway.grpc_calls import Calls, Code, details, failure, serving, task

TOKENS = {"b": "blog", "s": "school"}
BLOG = (("authorization", "Bearer b"),)
SCHOOL = (("authorization", "Bearer s"),)
SUBMITS = {"Submit", "SubmitBatch", "Execute", "SubmitAndWatch"}


def test_every_method_that_anybody_may_call_has_a_bound() -> None:
    of_few = ("OperationsService", "KeyService")
    open_to_all = {
        f"/{one.containing_service.full_name}/{one.name}"
        for one in methods()
        if one.containing_service.full_name in SERVICES and one.containing_service.name not in of_few
    }
    assert {name for name in open_to_all if name.rpartition("/")[2] not in SUBMITS} == set(READS)
    assert open_to_all >= WAITING


async def test_reads_beyond_the_quota_are_refused_with_a_time_and_others_are_not() -> None:
    policy = CallPolicy(reads_per_s=0.5, read_burst=3)
    async with serving(tokens=TOKENS, calls=policy) as calls:
        for _ in range(3):
            assert (await failure(read(calls, BLOG)))[0] is Code.NOT_FOUND
        code, _, error = await failure(read(calls, BLOG))
        assert code is Code.RESOURCE_EXHAUSTED
        assert 0 < details(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() <= 2000
        assert (await failure(read(calls, SCHOOL)))[0] is Code.NOT_FOUND


async def test_a_list_counts_as_many_reads() -> None:
    async with serving(calls=CallPolicy(reads_per_s=0.01, read_burst=LIST_READS + 1)) as calls:
        await calls.execution.List(pb.ListRequest())
        assert (await failure(read(calls, ())))[0] is Code.NOT_FOUND
        assert (await failure(calls.execution.List(pb.ListRequest())))[0] is Code.RESOURCE_EXHAUSTED


async def test_submissions_are_no_reads() -> None:
    async with serving(calls=CallPolicy(reads_per_s=0.01, read_burst=1)) as calls:
        for _ in range(5):
            await calls.submit()


@pytest.mark.parametrize("ends", ["result", "caller"])
async def test_calls_that_wait_are_bounded_until_they_end(ends: str) -> None:
    async with serving(calls=CallPolicy(open_calls=1)) as calls:
        task_id = await calls.submit()
        waiting = calls.execution.Watch(pb.WatchRequest(id=task_id))
        await waiting.read()
        code, _, _ = await failure(calls.execution.Execute(pb.ExecuteRequest(task=task())))
        assert code is Code.RESOURCE_EXHAUSTED
        if ends == "result":
            calls.gateway.finish(task_id)
            await waiting.read()
        waiting.cancel()
        await calls.gateway.until(lambda: not calls.gateway.bus.open_feeds())
        again = calls.execution.Watch(pb.WatchRequest(id=task_id))
        assert (await again.read()).execution.id == task_id
        again.cancel()


async def test_no_bounds_where_they_are_off() -> None:
    async with serving(calls=CallPolicy(reads_per_s=0, open_calls=0)) as calls:
        for _ in range(50):
            await calls.execution.List(pb.ListRequest())


def read(calls: Calls, metadata: tuple[tuple[str, str], ...]) -> object:
    return calls.execution.Get(pb.GetRequest(id="0" * 32), metadata=metadata)
