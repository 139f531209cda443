"""What a caller may do: one table of methods and roles, held against what is served."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
import pytest

from broker_gateway.application.commands import Unavailable
from broker_gateway.application.identity import MAX_TOKEN_CHARS, Identity, Verifiers
from broker_gateway.domain.client_role import CLIENT_ROLES, OPERATOR_ROLES, ClientRole, with_included
from broker_gateway.interfaces import method_roles
from broker_gateway.interfaces.method_roles import NEEDED
from broker_gateway.interfaces.server import SERVICES
from coderunner.v1 import blobs_pb2, catalog_pb2, keys_pb2, nodes_pb2, operations_pb2
from coderunner.v1 import execution_pb2 as pb
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving, task

PROTOS = (pb, blobs_pb2, catalog_pb2, operations_pb2, keys_pb2, nodes_pb2)
SERVED = {
    f"/{service.full_name}/{method.name}": method
    for proto in PROTOS
    for service in proto.DESCRIPTOR.services_by_name.values()
    if service.full_name in SERVICES
    for method in service.methods
}


class Words:
    """A verifier for which a token is a client and its roles: ``blog:submit,read-own``."""

    def takes(self, token: str) -> bool:
        return ":" in token

    async def identity(self, token: str) -> Identity | Unavailable | None:
        client, _, roles = token.partition(":")
        if roles == "away":
            return Unavailable("who this is cannot be told now")
        return Identity(client, with_included(ClientRole(role) for role in roles.split(",") if role))


def shown(roles: Iterable[str], client: str = "blog") -> Any:
    return (("authorization", f"Bearer {client}:{','.join(roles)}"),)


async def called(calls: Calls, method: str, roles: Iterable[str]) -> Code:
    """The code of a call with an empty request."""
    if SERVED[method].server_streaming:
        stream: Any = calls.channel.unary_stream
        call = stream(method)(b"", metadata=shown(roles), timeout=PATIENCE_S)
        return Code(await call.code())
    if SERVED[method].client_streaming:
        many: Any = calls.channel.stream_unary
        return Code(await many(method)(iter([b""]), metadata=shown(roles), timeout=PATIENCE_S).code())
    try:
        await calls.raw(method, b"", shown(roles))
    except grpc.aio.AioRpcError as error:
        return error.code()
    return Code.OK


def test_every_method_that_is_served_has_its_row_and_no_row_is_left_over() -> None:
    assert set(SERVED) == set(NEEDED)


@pytest.mark.parametrize("method", SERVED)
async def test_a_method_is_open_to_the_role_of_its_row_alone(method: str) -> None:
    async with serving(verifiers=[Words()]) as calls:
        for role in ClientRole:
            may = NEEDED[method] is None or NEEDED[method] in with_included([role])
            assert (await called(calls, method, [role]) is not Code.PERMISSION_DENIED) is may, role


@pytest.mark.parametrize("method", [method for method, needed in NEEDED.items() if needed is not None])
async def test_who_has_no_role_is_told_which_one_it_takes_and_nothing_is_done(method: str) -> None:
    async with serving(verifiers=[Words()]) as calls:
        assert await called(calls, method, []) is Code.PERMISSION_DENIED
        assert calls.gateway.bus.calls == []
    assert f"the role {NEEDED[method]}," in method_roles.refusal(method, frozenset())


def test_a_method_without_a_row_is_nobodys() -> None:
    assert method_roles.refusal("/coderunner.v1.ExecutionService/New", frozenset(ClientRole))


def test_an_admin_may_all_and_an_inspector_nothing_that_changes() -> None:
    assert with_included([ClientRole.ADMIN]) == frozenset(ClientRole) - {ClientRole.PAGE}
    assert with_included([ClientRole.READ_ALL]) == {ClientRole.READ_ALL, ClientRole.READ_OWN}
    assert with_included([]) == frozenset()


def test_configured_tokens_may_what_they_could_before_there_were_roles() -> None:
    operators, admins, nodes = (
        {method for method in NEEDED if method.startswith(f"/coderunner.v1.{name}Service/")}
        for name in ("Operations", "Key", "Node")
    )
    joining = {"/coderunner.v1.NodeService/Join"}
    assert {method for method in NEEDED if method_roles.refusal(method, CLIENT_ROLES)} == operators | admins | nodes
    assert {method for method in NEEDED if method_roles.refusal(method, OPERATOR_ROLES)} == admins | joining


def test_who_may_join_may_nothing_else() -> None:
    may = {
        method
        for method, role in NEEDED.items()
        if role and not method_roles.refusal(method, frozenset({ClientRole.JOIN}))
    }
    assert may == {"/coderunner.v1.NodeService/Join"}


async def test_who_reads_everybodys_tasks_cannot_cancel_them() -> None:
    async with serving(verifiers=[Words()]) as calls:
        submitted = pb.SubmitRequest(task=task())
        task_id = (await calls.execution.Submit(submitted, metadata=shown(["submit"]))).id
        inspector = shown(["read-all", "submit"], "inspector")
        assert (await calls.execution.Get(pb.GetRequest(id=task_id), metadata=inspector)).execution.id == task_id
        code, _, _ = await failure(calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=inspector))
        assert code is Code.NOT_FOUND
        operator = shown(["operate", "submit"], "ops")
        answer = await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=operator)
        assert answer.cancelled


async def test_who_cannot_be_told_now_is_unavailable_and_not_unauthenticated() -> None:
    async with serving(verifiers=[Words()]) as calls:
        code, _, error = await failure(calls.execution.Get(pb.GetRequest(id="t"), metadata=shown(["away"])))
        assert (code, error.details()) == (Code.UNAVAILABLE, "who this is cannot be told now")


async def test_a_token_that_is_too_long_is_not_looked_at() -> None:
    verifiers = Verifiers([Words()])
    assert await verifiers.identity("a:submit") is not None
    assert await verifiers.identity("a" * MAX_TOKEN_CHARS + ":submit") is None
    assert await verifiers.identity("") is None


async def test_who_may_only_submit_is_told_what_came_of_what_it_waits_for_and_of_nothing_else() -> None:
    """Cancelling a task that had ended was a way to read it."""
    gateway = GatewayOnFakes()
    async with serving(gateway, verifiers=[Words()]) as calls:
        only = shown(["submit"])
        request = pb.ExecuteRequest(task=task(idempotency_key="k"))
        waiting = asyncio.ensure_future(calls.execution.Execute(request, metadata=only))
        task_id = await gateway.queued_task_id()
        gateway.finish(task_id)
        assert (await waiting).execution.run.stdout
        assert (await calls.execution.Execute(request, metadata=only)).execution.run.stdout
        assert await calls.execution.Submit(pb.SubmitRequest(task=request.task), metadata=only) == pb.SubmitResponse(
            id=task_id
        )
        told = (await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=only)).execution
        assert (told.id, told.status, told.HasField("run")) == (task_id, pb.Execution.SUCCEEDED, False)
        both = shown(["submit", "read-own"])
        assert (await calls.execution.Cancel(pb.CancelRequest(id=task_id), metadata=both)).execution.run.stdout
        assert (await failure(calls.execution.Get(pb.GetRequest(id=task_id), metadata=only)))[
            0
        ] is Code.PERMISSION_DENIED
