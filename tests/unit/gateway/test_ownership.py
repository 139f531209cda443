"""A task is its client's own: for anybody else it does not exist, whatever the method and wherever the task stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from broker_gateway.application.callback_delivery import first_record
from broker_gateway.interfaces.server import SERVICES
from coderunner.v1 import catalog_pb2, keys_pb2, nodes_pb2, operations_pb2
from coderunner.v1 import execution_pb2 as pb
from schemas.execution import ResultMessage
from schemas.status import Status
from tests.builders import a_result
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving, task

TOKENS = {"b": "blog", "s": "school", "o": "ops"}
Metadata = tuple[tuple[str, str], ...]
BLOG: Metadata = (("authorization", "Bearer b"),)
SCHOOL: Metadata = (("authorization", "Bearer s"),)
OPERATOR: Metadata = (("authorization", "Bearer o"),)

OWNED = {"Get", "GetSource", "Watch", "Cancel", "List", "CallbackAttempts", "Interact"}
"""Methods that tell of a task by its id, or of many."""
OF_NOBODYS_TASK = {
    "Submit": "makes the caller's own task",
    "SubmitBatch": "makes the caller's own tasks",
    "Execute": "makes the caller's own task",
    "SubmitAndWatch": "makes the caller's own task",
    "ListLanguages": "tells of nodes",
    "ListNodes": "tells of nodes",
    "ListDead": "operators only",
    "ListCallbacks": "operators only",
    "GetDead": "operators only",
    "Redrive": "operators only",
    "PurgeCache": "operators only",
    "ListAudit": "operators only",
    "DrainNode": "operators only",
    "Join": "makes a node, of no task",
    "ListJoined": "operators only",
    "Forget": "operators only",
    "CreateKey": "admins only",
    "ListKeys": "admins only",
    "RevokeKey": "admins only",
}


def test_every_method_is_bound_to_the_client_or_has_a_reason_not_to_be() -> None:
    protos = (pb, catalog_pb2, operations_pb2, keys_pb2, nodes_pb2)
    services = [one for proto in protos for one in proto.DESCRIPTOR.services_by_name.values()]
    served = {method.name for service in services if service.full_name in SERVICES for method in service.methods}
    assert served == OWNED | set(OF_NOBODYS_TASK)


async def queued(calls: Calls) -> str:
    response: pb.SubmitResponse = await calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=BLOG)
    return response.id


async def queued_without_an_event(calls: Calls) -> str:
    task_id = await queued(calls)
    del calls.gateway.bus.history[task_id], calls.gateway.bus.owners[task_id]
    return task_id


async def running(calls: Calls) -> str:
    task_id = await queued(calls)
    calls.gateway.start(task_id)
    return task_id


async def ended(calls: Calls) -> str:
    task_id = await queued(calls)
    calls.gateway.bus.finish(_result(task_id, "blog"))
    return task_id


async def ended_with_no_word_of_its_client(calls: Calls) -> str:
    """As where a message could not be read any more."""
    task_id = await queued(calls)
    calls.gateway.bus.finish(_result(task_id, ""))
    return task_id


def _result(task_id: str, client: str) -> ResultMessage:
    result = a_result(task_id, status=Status.SUCCEEDED)
    return ResultMessage(execution=result.execution, callback=None, client=client)


async def get(calls: Calls, task_id: str, metadata: Metadata) -> Any:
    return await calls.execution.Get(pb.GetRequest(id=task_id), metadata=metadata)


async def watch(calls: Calls, task_id: str, metadata: Metadata) -> Any:
    call = calls.execution.Watch(pb.WatchRequest(id=task_id), metadata=metadata)
    first = await call.read()
    call.cancel()
    return first


async def interact(calls: Calls, task_id: str, metadata: Metadata) -> Any:
    call = calls.execution.Interact(iter([pb.InteractRequest(resume=task_id)]), metadata=metadata)
    first = await call.read()
    call.cancel()
    return first


async def cancel(calls: Calls, task_id: str, metadata: Metadata) -> Any:
    return await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=metadata)


async def get_source(calls: Calls, task_id: str, metadata: Metadata) -> Any:
    answer = await calls.execution.GetSource(pb.GetSourceRequest(id=task_id), metadata=metadata)
    assert not answer.HasField("task"), "nobody asked for it to be kept"
    return pb.GetResponse(execution=pb.Execution(id=task_id))


async def callback_attempts(calls: Calls, task_id: str, metadata: Metadata) -> Any:
    calls.gateway.ledger.records[task_id, ""] = first_record(a_result(task_id, "http://h/"))
    answer = await calls.execution.CallbackAttempts(pb.CallbackAttemptsRequest(id=task_id), metadata=metadata)
    return pb.GetResponse(execution=pb.Execution(id=answer.record.id))


STATES = [queued, queued_without_an_event, running, ended, ended_with_no_word_of_its_client]
METHODS = [get, get_source, watch, interact, cancel, callback_attempts]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
async def test_somebody_elses_task_is_as_unknown_as_one_that_never_was(
    state: Callable[[Calls], Awaitable[str]], method: Callable[[Calls, str, Metadata], Awaitable[Any]]
) -> None:
    async with serving(tokens=TOKENS, operators=["ops"]) as calls:
        task_id = await state(calls)
        code, _, error = await failure(method(calls, task_id, SCHOOL))
        never_code, _, never = await failure(method(calls, "0" * 32, SCHOOL))
        assert (code, error.details()) == (never_code, never.details()) == (Code.NOT_FOUND, "no task has this id")
        assert calls.gateway.control.cancelled == []


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
@pytest.mark.parametrize("metadata", [BLOG, OPERATOR], ids=["owner", "operator"])
async def test_its_own_client_and_an_operator_find_it(
    state: Callable[[Calls], Awaitable[str]],
    method: Callable[[Calls, str, Metadata], Awaitable[Any]],
    metadata: Metadata,
) -> None:
    async with serving(tokens=TOKENS, operators=["ops"]) as calls:
        task_id = await state(calls)
        answer = await method(calls, task_id, metadata)
        assert answer.execution.id == task_id


async def test_a_list_has_the_callers_own_tasks_and_an_operators_has_all() -> None:
    async with serving(tokens=TOKENS, operators=["ops"]) as calls:
        blogs = await queued(calls)
        schools = (await calls.execution.Submit(pb.SubmitRequest(task=task()), metadata=SCHOOL)).id
        for metadata, expected in ((BLOG, {blogs}), (SCHOOL, {schools}), (OPERATOR, {blogs, schools})):
            page = await calls.execution.List(pb.ListRequest(), metadata=metadata)
            assert {one.id for one in page.executions} == expected


async def test_where_no_token_is_asked_for_everybody_sees_everything() -> None:
    async with serving() as calls:
        response = await calls.execution.Submit(pb.SubmitRequest(task=task()))
        assert (await calls.execution.Get(pb.GetRequest(id=response.id))).execution.id == response.id
        assert len((await calls.execution.List(pb.ListRequest())).executions) == 1


async def test_the_same_key_of_two_clients_names_two_tasks() -> None:
    async with serving(tokens=TOKENS) as calls:
        keyed = pb.SubmitRequest(task=task(idempotency_key="k"))
        ids = {(await calls.execution.Submit(keyed, metadata=one)).id for one in (BLOG, SCHOOL, BLOG)}
        assert len(ids) == 2


async def test_a_list_of_another_clients_tasks_is_an_operators() -> None:
    async with serving(tokens=TOKENS, operators=["ops"]) as calls:
        task_id = await queued(calls)
        code, found, _ = await failure(calls.execution.List(pb.ListRequest(client="blog"), metadata=SCHOOL))
        assert (code, found) == (Code.INVALID_ARGUMENT, ["client"])
        for client, metadata, listed in (("blog", BLOG, 1), ("blog", OPERATOR, 1), ("school", OPERATOR, 0)):
            page = await calls.execution.List(pb.ListRequest(client=client), metadata=metadata)
            assert [one.id for one in page.executions] == [task_id] * listed
