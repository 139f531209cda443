"""Well-formed calls that cannot be served, each with its status."""

from __future__ import annotations

import pytest
from google.rpc import error_details_pb2

from broker_gateway.application.settings import SubmissionSettings
from broker_gateway.domain.quota import QuotaPolicy
from coderunner.v1 import execution_pb2 as pb
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, Code, by_id, details, failure, serving, task


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
    code, _, _ = await failure(by_id(calls, method, task_id))
    assert code is Code.NOT_FOUND


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
    code, _, error = await failure(by_id(calls, method, "x"))
    assert code is Code.INTERNAL
    assert "hunter2" not in str(error)
    assert capsys.readouterr().out.count("call_failed") == 1
