"""The audit trail: who did what, told by the calls themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import msgspec
import pytest

from broker_gateway.infrastructure.audit_file import AuditFile
from broker_gateway.infrastructure.call_metrics import CallMetrics
from broker_gateway.infrastructure.metrics import Metrics
from broker_gateway.interfaces.access_log import AccessLog
from broker_gateway.interfaces.callers import OWNER
from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import operations_pb2, operations_pb2_grpc
from schemas.audit import AuditRecord
from tests.servers.waiting import eventually
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving, task

BLOG = (("authorization", "Bearer b"),)
OPS = (("authorization", "Bearer o"),)


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    gateway = GatewayOnFakes(on_foreign=OWNER.set)
    log = AccessLog(every_call=False, audit=gateway.audit.note)
    interceptors = [CallMetrics(Metrics(), log.ended)]
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
        for method in ("Submit", "SubmitBatch", "Execute", "Get"):
            log.ended(f"/coderunner.v1.ExecutionService/{method}", grpc.StatusCode.OK, 0.0)
    assert [one.action for one in told] == ["Submit", "SubmitBatch", "Execute"]


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
    now_ms = 1000
    log.ended("/coderunner.v1.ExecutionService/Get", grpc.StatusCode.UNAUTHENTICATED, 0.0)
    assert len(records) + sum(one.not_told for one in records) == 1001


def test_a_method_that_is_none_cannot_choose_its_subject() -> None:
    records: list[AuditRecord] = []
    log = AccessLog(every_call=False, audit=records.append)
    log.ended("/coderunner.v1.ExecutionService/a.b>*", grpc.StatusCode.UNAUTHENTICATED, 0.0)
    assert [one.action for one in records] == ["unknown"]


RECORD = AuditRecord(at_ms=1, action="Cancel", outcome="OK", client="a\nb", subject="t1", owner=None, not_told=0)


def test_the_file_has_a_line_for_each_record_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    file = AuditFile(str(path))
    file.note(RECORD)
    file.note(RECORD)
    file.close()
    lines = path.read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=AuditRecord) for line in lines] == [RECORD, RECORD]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    file = AuditFile(str(path))
    path.rename(tmp_path / "audit.jsonl.1")
    file.note(RECORD)
    file.close()
    assert len(path.read_bytes().splitlines()) == 1
