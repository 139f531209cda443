"""What was tried for a callback is kept, and told to who may know."""

from __future__ import annotations

from typing import Any

import pytest

from broker_gateway.application.callback_delivery import Call, first_record
from broker_gateway.application.ports import DeliveryError
from coderunner.v1 import execution_pb2, operations_pb2, operations_pb2_grpc
from schemas.callback import CallbackRecord, DeliveryState
from tests.builders import a_result
from tests.fakes.callbacks import refused
from tests.unit.gateway.dead_tasks import undelivered
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving, task
from tests.unit.gateway.relay_on_fakes import RelayOnFakes, delivery, running_relay


def record_of(setup: RelayOnFakes, task_id: str = "t1") -> CallbackRecord:
    return setup.ledger.records[task_id, ""]


async def test_a_failed_attempt_is_kept_with_its_time_its_answer_and_when_the_next_is_due() -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [DeliveryError("the endpoint answered 503", answer="503")]
        setup.now_ms = 70_000
        await setup.settled(delivery())
        record = record_of(setup)
    assert (record.state, record.attempts, record.url, record.client) == ("RETRYING", 1, "http://h/", "blog")
    (tried,) = record.tried
    assert (tried.number, tried.at_ms, tried.answer, tried.next_at_ms) == (1, 70_000, "503", 75_000)
    assert tried.error == record.error == "the endpoint answered 503"
    assert 0 <= tried.latency_ms < PATIENCE_S * 1000


async def test_a_delivery_after_failures_is_kept_as_the_last_attempt() -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [refused()]
        await setup.settled(delivery())
        await setup.settled(delivery(attempt=2))
        await setup.until(lambda: record_of(setup).state is DeliveryState.DELIVERED)
        assert [(one.number, one.answer, one.next_at_ms) for one in record_of(setup).tried] == [
            (1, "", 6_000),
            (2, "ok", 0),
        ]
        assert record_of(setup).attempts == 1


async def test_a_delivery_at_the_first_call_is_told_of_and_pushes_no_other_word_out() -> None:
    async with running_relay() as setup:
        setup.now_ms = 70_000
        await setup.settled(delivery())
        await setup.until(lambda: bool(setup.ledger.first))
        assert setup.ledger.records == {}
        record = await setup.ledger.newest("t1")
    assert record is not None
    assert (record.state, record.attempts, record.url, record.client) == ("DELIVERED", 0, "http://h/", "blog")
    assert [(one.number, one.at_ms, one.answer, one.error, one.next_at_ms) for one in record.tried] == [
        (1, 70_000, "ok", "", 0)
    ]


async def test_what_is_given_up_says_so() -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [refused("410", permanent=True)]
        await setup.settled(delivery())
        await setup.until(lambda: ("t1", "") in setup.ledger.records)
        assert (record_of(setup).state, record_of(setup).tried[-1].next_at_ms) == (DeliveryState.GIVEN_UP, 0)


async def test_of_a_fault_of_ours_the_kind_is_told_and_not_what_it_quotes() -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [RuntimeError("Authorization: Bearer secret")]
        await setup.settled(delivery())
        assert record_of(setup).error == "the transport failed: RuntimeError"


async def listed(calls: Calls, **wanted: Any) -> operations_pb2.ListCallbacksResponse:
    stub: Any = operations_pb2_grpc.OperationsServiceStub
    request = operations_pb2.ListCallbacksRequest(**wanted)
    found: operations_pb2.ListCallbacksResponse = await stub(calls.channel).ListCallbacks(request, timeout=PATIENCE_S)
    return found


async def noted(calls: Calls, task_id: str, state: DeliveryState) -> None:
    result = a_result(task_id, "http://h/")
    call = Call(1_000, 2.5, DeliveryError("the endpoint answered 503", answer="503"))
    await calls.gateway.ledger.note(result, call.after(first_record(result), state, 6_000))


async def test_a_client_sees_every_attempt_of_its_task() -> None:
    async with serving() as calls:
        task_id = (await calls.execution.Submit(execution_pb2.SubmitRequest(task=task()))).id
        request = execution_pb2.CallbackAttemptsRequest(id=task_id)
        assert not (await calls.execution.CallbackAttempts(request)).HasField("record")
        await noted(calls, task_id, DeliveryState.RETRYING)
        record = (await calls.execution.CallbackAttempts(request)).record
        assert (record.id, record.state, record.attempts, record.url) == (task_id, "RETRYING", 1, "http://h/")
        (tried,) = record.tried
        assert (tried.number, tried.at_ms, tried.latency_ms, tried.answer) == (1, 1_000, 2.5, "503")
        assert (tried.error, tried.next_at_ms) == ("the endpoint answered 503", 6_000)


@pytest.mark.parametrize(
    ("task_id", "code"),
    [("", Code.INVALID_ARGUMENT), ("no id", Code.NOT_FOUND), ("x" * 1_000_000, Code.INVALID_ARGUMENT)],
)
async def test_an_id_that_is_none_is_refused(task_id: str, code: Code) -> None:
    async with serving() as calls:
        request = execution_pb2.CallbackAttemptsRequest(id=task_id)
        assert (await failure(calls.execution.CallbackAttempts(request)))[0] is code


async def test_an_operator_lists_them_newest_first_in_pages_and_by_state() -> None:
    async with serving() as calls:
        for number in range(3):
            await noted(calls, f"t{number}", DeliveryState.GIVEN_UP if number == 1 else DeliveryState.RETRYING)
        first = await listed(calls, page_size=2)
        rest = await listed(calls, page_size=2, page_token=first.next_page_token)
        assert [[one.id for one in page.records] for page in (first, rest)] == [["t2", "t1"], ["t0"]]
        assert [one.id for one in (await listed(calls, state="GIVEN_UP")).records] == ["t1"]


@pytest.mark.parametrize("wanted", [{"state": "given_up"}, {"page_size": 201}, {"page_token": "x"}])
async def test_a_list_that_makes_no_sense_is_refused(wanted: dict[str, Any]) -> None:
    async with serving() as calls:
        assert (await failure(listed(calls, **wanted)))[0] is Code.INVALID_ARGUMENT


async def test_a_redrive_is_an_attempt_too() -> None:
    async with serving() as calls:
        result = undelivered(calls.gateway)
        stub: Any = operations_pb2_grpc.OperationsServiceStub
        calls.gateway.transport.answers["http://h/"] = [DeliveryError("503", answer="503")]
        request = operations_pb2.RedriveRequest(id="t1")
        await failure(stub(calls.channel).Redrive(request, timeout=PATIENCE_S))
        assert (await calls.gateway.ledger.known(result)).state is DeliveryState.GIVEN_UP
        await stub(calls.channel).Redrive(request, timeout=PATIENCE_S)
        record = await calls.gateway.ledger.known(result)
        assert (record.state, [one.answer for one in record.tried]) == (DeliveryState.DELIVERED, ["503", "ok"])
