"""The audit trail: who did what, told by the calls themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import copy_context
from types import SimpleNamespace

import grpc
import pytest

from broker_gateway.infrastructure.call_metrics import CallMetrics, CallNotes
from broker_gateway.infrastructure.metrics import Metrics
from broker_gateway.interfaces import refusal_counts
from broker_gateway.interfaces.access_log import AccessLog
from broker_gateway.interfaces.callers import CLIENT, OWNER
from broker_gateway.interfaces.refusal_counts import RefusalRate
from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import operations_pb2, operations_pb2_grpc
from schemas.audit import AuditRecord
from tests.fakes.memory_bus import MemoryHistory
from tests.servers.waiting import eventually
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving, task

BLOG = (("authorization", "Bearer b"),)
OPS = (("authorization", "Bearer o"),)


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    gateway = GatewayOnFakes(on_foreign=OWNER.set)
    log = AccessLog(every_call=False, audit=gateway.audit.note)
    interceptors = [CallMetrics(CallNotes(Metrics(), log.ended, log.opened))]
    tokens = {"b": "blog", "o": "ops"}
    async with serving(gateway, interceptors=interceptors, tokens=tokens, operators=["ops"]) as made:
        yield made


def operations(calls: Calls) -> operations_pb2_grpc.OperationsServiceStub:
    return operations_pb2_grpc.OperationsServiceStub(calls.channel)


async def of_blog(calls: Calls) -> str:
    answer: pb.SubmitResponse = await calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=BLOG)
    return answer.id


async def told(calls: Calls, count: int) -> list[AuditRecord]:
    await eventually(lambda: len(calls.gateway.audit.records) >= count)
    return calls.gateway.audit.records


async def test_an_operator_who_looks_at_anothers_task_is_told_of_with_its_owner(calls: Calls) -> None:
    task_id = await of_blog(calls)
    await calls.execution.Get(pb.GetRequest(id=task_id), metadata=OPS)
    (record,) = await told(calls, 1)
    assert (record.action, record.outcome, record.client) == ("Get", "OK", "ops")
    assert (record.subject, record.owner) == (task_id, "blog")


async def test_who_looks_at_his_own_task_is_not(calls: Calls) -> None:
    task_id = await of_blog(calls)
    await calls.execution.Get(pb.GetRequest(id=task_id), metadata=BLOG)
    await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=BLOG)
    records = await told(calls, 1)
    assert [(one.action, one.owner) for one in records] == [("Cancel", None)]


async def test_whoever_watches_another_ones_task_is_told_of(calls: Calls) -> None:
    task_id = await of_blog(calls)
    calls.gateway.finish(task_id)
    watched = calls.execution.Watch(pb.WatchRequest(id=task_id), metadata=OPS)
    assert [one async for one in watched]
    (record,) = await told(calls, 1)
    assert (record.action, record.owner) == ("Watch", "blog")


async def test_whoever_still_watches_another_ones_task_is_told_of_once(calls: Calls) -> None:
    """It was told of at its end alone, and a watch may go on for days."""
    task_id = await of_blog(calls)
    watched = calls.execution.Watch(pb.WatchRequest(id=task_id), metadata=OPS)
    await watched.read()
    records = await told(calls, 1)
    watched.cancel()
    await calls.execution.Get(pb.GetRequest(id=task_id), metadata=OPS)
    await told(calls, 2)
    assert [(one.action, one.outcome, one.subject, one.owner) for one in records] == [
        ("Watch", "OK", task_id, "blog"),
        ("Get", "OK", task_id, "blog"),
    ]


async def test_who_watches_his_own_task_is_not(calls: Calls) -> None:
    task_id = await of_blog(calls)
    calls.gateway.finish(task_id)
    assert [one async for one in calls.execution.Watch(pb.WatchRequest(id=task_id), metadata=BLOG)]
    await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=BLOG)
    assert [one.action for one in await told(calls, 1)] == ["Cancel"]


async def test_whoever_looks_at_a_task_whose_owner_nobody_knows_any_more_is_told_of(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgotten(_history: object, _task_id: str) -> None: ...

    monkeypatch.setattr(MemoryHistory, "owner", forgotten)
    task_id = await of_blog(calls)
    await calls.execution.Get(pb.GetRequest(id=task_id), metadata=OPS)
    (record,) = await told(calls, 1)
    assert (record.action, record.subject, record.owner) == ("Get", task_id, "")


async def test_who_goes_while_his_call_does_what_is_audited_is_told_of(calls: Calls) -> None:
    task_id = await of_blog(calls)
    is_storing, may_store = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        is_storing.set()
        await may_store.wait()

    calls.gateway.bus.before["store_result"] = hold
    cancelling = calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=OPS)
    waiting = asyncio.ensure_future(cancelling)
    await is_storing.wait()
    cancelling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    (record,) = await told(calls, 1)
    assert (record.action, record.outcome, record.client, record.subject) == ("Cancel", "CANCELLED", "ops", task_id)
    may_store.set()
    await eventually(lambda: task_id in calls.gateway.bus.results)


async def test_an_operators_list_of_others_tasks_is_told_of(calls: Calls) -> None:
    await calls.execution.List(pb.ListRequest(client="ops"), metadata=OPS)
    await calls.execution.List(pb.ListRequest(client="blog"), metadata=OPS)
    await calls.execution.List(pb.ListRequest(), metadata=OPS)
    await calls.execution.List(pb.ListRequest(), metadata=BLOG)
    records = await told(calls, 2)
    assert [(one.action, one.client, one.owner) for one in records] == [("List", "ops", "blog"), ("List", "ops", "")]


def test_submissions_are_told_of_where_that_is_wanted() -> None:
    told: list[AuditRecord] = []
    for wanted in (False, True):
        log = AccessLog(every_call=False, submissions=wanted, audit=told.append)
        for method in ("Submit", "SubmitBatch", "Execute", "SubmitAndWatch", "Get"):
            log.ended(f"/coderunner.v1.ExecutionService/{method}", grpc.StatusCode.OK, 0.0)
    assert [one.action for one in told] == ["Submit", "SubmitBatch", "Execute", "SubmitAndWatch"]


async def test_refusals_and_what_operators_do_are_told_of_newest_first(calls: Calls) -> None:
    await failure(operations(calls).PurgeCache(operations_pb2.PurgeCacheRequest(), metadata=BLOG))
    await operations(calls).PurgeCache(operations_pb2.PurgeCacheRequest(), metadata=OPS)
    await told(calls, 2)
    answer = await operations(calls).ListAudit(operations_pb2.ListAuditRequest(), metadata=OPS)
    assert [(one.client, one.action, one.outcome) for one in answer.records] == [
        ("ops", "PurgeCache", "OK"),
        ("blog", "PurgeCache", "PERMISSION_DENIED"),
    ]


async def test_the_trail_can_be_asked_for_an_action_or_a_client(calls: Calls) -> None:
    task_id = await of_blog(calls)
    await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=BLOG)
    await calls.execution.Get(pb.GetRequest(id=task_id), metadata=OPS)
    await told(calls, 2)
    by_action = await operations(calls).ListAudit(operations_pb2.ListAuditRequest(action="Cancel"), metadata=OPS)
    by_client = await operations(calls).ListAudit(operations_pb2.ListAuditRequest(client="ops"), metadata=OPS)
    assert [one.client for one in by_action.records] == ["blog"]
    assert {one.client for one in by_client.records} == {"ops"}


@pytest.mark.parametrize("request_", [{"action": "a b"}, {"page_size": 201}, {"page_token": "x"}], ids=str)
async def test_what_cannot_be_asked_for_is_refused(calls: Calls, request_: dict[str, object]) -> None:
    call = operations(calls).ListAudit(operations_pb2.ListAuditRequest(**request_), metadata=OPS)  # type: ignore[arg-type]
    assert (await failure(call))[0] is Code.INVALID_ARGUMENT


def test_what_was_not_told_of_a_flood_is_counted() -> None:
    records: list[AuditRecord] = []
    now_ms = 0
    log = AccessLog(every_call=False, audit=records.append, now_ms=lambda: now_ms)
    for _ in range(1000):
        log.ended("/coderunner.v1.ExecutionService/Get", grpc.StatusCode.UNAUTHENTICATED, 0.0)
    now_ms = 60_000
    log.ended("/coderunner.v1.ExecutionService/Get", grpc.StatusCode.UNAUTHENTICATED, 0.0)
    assert len(records) + sum(one.not_told for one in records) == 1001


@pytest.mark.parametrize(
    ("client", "method", "code"),
    [
        ("mean", "ExecutionService/Cancel", Code.CANCELLED),
        ("mean", "OperationsService/DrainNode", Code.UNAVAILABLE),
        ("other", "KeyService/CreateKey", Code.PERMISSION_DENIED),
    ],
)
def test_no_flood_of_refused_calls_hides_what_may_have_been_done_or_who_else_was_refused(
    client: str, method: str, code: Code
) -> None:
    """A call that its caller left was a refused one among twenty a second."""
    records: list[AuditRecord] = []
    log = AccessLog(every_call=True, audit=records.append, now_ms=lambda: 0)

    def ended(caller: str, name: str, how: Code) -> None:
        CLIENT.set(caller)
        log.ended(f"/coderunner.v1.{name}", how, 0.0)

    for caller in ("", "mean"):
        for _ in range(1000):
            copy_context().run(ended, caller, "ExecutionService/Get", Code.PERMISSION_DENIED)
    copy_context().run(ended, client, method, code)
    assert (records[-1].client, records[-1].outcome) == (client, code.name)
    assert len(records) == 2 * refusal_counts.AT_ONCE + 1


def test_calls_that_are_not_audited_hide_none_that_are() -> None:
    records: list[AuditRecord] = []
    log = AccessLog(every_call=True, audit=records.append, now_ms=lambda: 0)
    for code in [Code.NOT_FOUND] * 1000 + [Code.PERMISSION_DENIED]:
        log.ended("/coderunner.v1.ExecutionService/Get", code, 0.0)
    assert [one.outcome for one in records] == ["PERMISSION_DENIED"]


async def test_whoever_cancels_an_ended_task_of_his_own_again_and_again_does_not_fill_the_trail(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusal_counts, "AT_ONCE", 3)
    task_id = await of_blog(calls)
    for _ in range(10):
        await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=BLOG)
    for _ in range(5):
        await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=OPS)
    records = await told(calls, 9)
    assert [one.client for one in records] == ["blog"] * 4 + ["ops"] * 5
    assert sum(one.not_told for one in records) == 6


def test_strangers_whose_calls_cannot_be_told_apart_are_one_flood() -> None:
    records: list[AuditRecord] = []
    log = AccessLog(every_call=False, audit=records.append, now_ms=lambda: 0)
    for _ in range(1000):
        log.ended("/coderunner.v1.KeyService/CreateKey", Code.UNAVAILABLE, 0.0)
    assert len(records) == refusal_counts.AT_ONCE


def test_of_clients_that_are_refused_a_bounded_number_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_counts, "MAX_REMEMBERED", 10)
    rate = RefusalRate(1.0)
    for number in range(20):
        assert not rate.is_over(f"c{number}", 0)
    assert list(rate._of) == [f"c{number}" for number in range(10, 20)]


def test_a_token_that_has_expired_and_is_shown_every_second_does_not_fill_the_trail() -> None:
    """It took three days, and then nothing more was stored of anybody's calls."""
    records: list[AuditRecord] = []
    now_ms = 0
    log = AccessLog(every_call=False, audit=records.append, now_ms=lambda: now_ms)
    hours = 2
    for second in range(hours * 3600):
        now_ms = second * 1000
        log.ended("/coderunner.v1.ExecutionService/List", Code.UNAUTHENTICATED, 0.0)
    log.ended("/coderunner.v1.OperationsService/PurgeCache", Code.OK, 0.0)
    assert records[-1].action == "PurgeCache"
    assert len(records) <= refusal_counts.AT_ONCE + hours * 60 + 1
    assert len(records) + sum(one.not_told for one in records) == hours * 3600 + 1


async def test_who_goes_while_he_is_refused_was_refused_all_the_same() -> None:
    """He was told of as one who went, which is no refusal, and is not audited."""
    records: list[AuditRecord] = []
    log = AccessLog(every_call=False, audit=records.append)

    class Refusing:
        def code(self) -> int:
            return int(Code.UNAUTHENTICATED.value[0])

    async def abort(_request: object, _context: object) -> None:
        raise asyncio.CancelledError

    async def handler(_details: object) -> object:
        return grpc.unary_unary_rpc_method_handler(abort)

    details = SimpleNamespace(method="/coderunner.v1.ExecutionService/Get")
    counted = await CallMetrics(CallNotes(Metrics(), log.ended)).intercept_service(handler, details)
    with pytest.raises(asyncio.CancelledError):
        await counted.unary_unary(None, Refusing())
    await asyncio.sleep(0)  # it is noted once the answer is on its way
    assert [one.outcome for one in records] == ["UNAUTHENTICATED"]


def test_a_method_that_is_none_cannot_choose_its_subject() -> None:
    records: list[AuditRecord] = []
    log = AccessLog(every_call=False, audit=records.append)
    log.ended("/coderunner.v1.ExecutionService/a.b>*", grpc.StatusCode.UNAUTHENTICATED, 0.0)
    assert [one.action for one in records] == ["unknown"]
