"""NodeService through a real channel: who may join, with what, and what an operator may do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from broker_gateway.application.joining import JoinAppService, Whereabouts
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.domain.joining import MAX_POOLS
from broker_gateway.infrastructure.call_metrics import CallMetrics, CallNotes
from broker_gateway.infrastructure.metrics import Metrics
from broker_gateway.interfaces.access_log import AccessLog
from chassis.nats import public_keys
from coderunner.v1 import nodes_pb2 as pb
from coderunner.v1 import nodes_pb2_grpc
from schemas.audit import AuditRecord
from tests.builders import a_language_record, a_node_record
from tests.fakes.live_nodes import MemoryNodeDirectory
from tests.fakes.memory_joins import MemoryDirectoryUsers, MemoryJoinedNodes
from tests.fakes.nats_keys import Key
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving
from tests.unit.gateway.test_client_roles import Words, shown

NODE = Key()
WHERE = Whereabouts(
    nats_urls=["tls://run.example:4222"],
    nats_tls_authorities="PEM of the bus",
    etcd_endpoints=["run.example:2379"],
    etcd_tls_authorities="PEM of etcd",
)


@dataclass
class Joins:
    calls: Calls
    nodes: MemoryJoinedNodes
    users: MemoryDirectoryUsers
    directory: MemoryNodeDirectory
    audited: list[AuditRecord] = field(default_factory=list)

    async def call(self, method: str, request: Any, role: str = "operate") -> Any:
        stub: Any = nodes_pb2_grpc.NodeServiceStub
        metadata = shown([role], "lab")
        return await getattr(stub(self.calls.channel), method)(request, timeout=PATIENCE_S, metadata=metadata)

    async def join(self, node_id: str = "n1", pools: tuple[str, ...] = ("default",), key: Key = NODE) -> Any:
        return await self.call("Join", a_request(node_id, pools, key), "join")

    async def listed(self, **fields: Any) -> Any:
        return await self.call("ListJoined", pb.ListJoinedRequest(**fields))

    async def forget(self, node_id: str = "n1") -> Any:
        return await self.call("Forget", pb.ForgetRequest(node_id=node_id))


def a_request(node_id: str = "n1", pools: tuple[str, ...] = ("default",), key: Key = NODE) -> pb.JoinRequest:
    signature = key.joins(node_id, *pools)
    return pb.JoinRequest(node_id=node_id, nats_public_key=key.public, pools=pools, signature=signature)


@asynccontextmanager
async def with_joins(room: int = 1000) -> AsyncIterator[Joins]:
    nodes, users, directory = MemoryJoinedNodes(room), MemoryDirectoryUsers(), MemoryNodeDirectory()
    audited = list[AuditRecord]()

    async def whereabouts() -> Whereabouts:
        return WHERE

    service = JoinAppService(
        nodes=nodes,
        users=users,
        live=LiveNodes(directory=directory),
        pools=["default", "gpu"],
        is_signed=public_keys.is_signed,
        whereabouts=whereabouts,
        now_ms=lambda: 7,
    )
    log = AccessLog(every_call=True, audit=audited.append)
    async with serving(
        joining=service, verifiers=[Words()], interceptors=[CallMetrics(CallNotes(Metrics(), log.ended))]
    ) as calls:
        yield Joins(calls, nodes, users, directory, audited)


async def test_a_machine_with_a_token_becomes_a_node_and_is_told_all_that_it_needs() -> None:
    async with with_joins() as joins:
        answer = await joins.join(pools=("default", "gpu"))
        assert (answer.nats_urls, answer.nats_user) == (["tls://run.example:4222"], "joined-n1")
        assert (answer.etcd_endpoints, answer.etcd_user) == (["run.example:2379"], "joined-n1")
        assert answer.etcd_password == joins.users.by_node["n1"]
        assert (answer.nats_tls_authorities, answer.etcd_tls_authorities) == ("PEM of the bus", "PEM of etcd")
        (kept,) = (await joins.listed()).nodes
        assert (kept.node_id, kept.pools, kept.by) == ("n1", ["default", "gpu"], "lab")
        assert (kept.nats_public_key, kept.joined_at_ms) == (NODE.public, 7)


async def test_joining_again_with_the_same_key_changes_nothing_but_its_pools() -> None:
    async with with_joins() as joins:
        first = await joins.join()
        before = joins.nodes.kept["n1"]
        assert await joins.join() == first
        assert joins.nodes.kept["n1"] == before
        assert await joins.join(pools=("gpu",)) == first
        assert joins.nodes.kept["n1"].node.pools == ["gpu"]


async def test_an_id_is_one_keys_until_it_is_forgotten() -> None:
    async with with_joins() as joins:
        await joins.join()
        code, _, error = await failure(joins.join(key=Key()))
        assert (code, joins.nodes.kept["n1"].node.nats_public_key) == (Code.ALREADY_EXISTS, NODE.public)
        assert "another node has the id 'n1'" in str(error.details())
        await joins.forget()
        await joins.join(key=Key())


async def test_nobody_takes_the_id_of_a_node_that_the_configuration_knows() -> None:
    async with with_joins() as joins:
        joins.directory.announce(a_node_record("n1", a_language_record("python")))
        assert (await failure(joins.join()))[0] is Code.ALREADY_EXISTS
        assert (joins.nodes.kept, joins.users.by_node) == ({}, {})
        joins.directory.withdraw("n1")
        await joins.join()
        joins.directory.announce(a_node_record("n1", a_language_record("python")))
        await joins.join()


async def test_an_id_that_is_a_role_on_the_bus_makes_nobody_that_role() -> None:
    async with with_joins() as joins:
        for name in ("gateway", "operator", "root", "node"):
            answer = await joins.join(name)
            assert (answer.nats_user, answer.etcd_user) == (f"joined-{name}", f"joined-{name}")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (a_request(""), "node_id"),
        (a_request("n.1"), "node_id"),
        (a_request("n1 "), "node_id"),
        (a_request("n" * 58), "node_id"),
        (a_request("n" * 60_000), "node_id"),
        (a_request(key=Key("A")), "nats_public_key"),
        (a_request(key=Key("N")), "nats_public_key"),
        (pb.JoinRequest(node_id="n1", pools=["default"]), "nats_public_key"),
        (a_request(pools=()), "pools"),
        (a_request(pools=("secret",)), "pools"),
        (a_request(pools=("default", "secret")), "pools"),
        (a_request(pools=("default", "default")), "pools"),
        (a_request(pools=("*",)), "pools"),
        (a_request(pools=tuple(f"p{number}" for number in range(MAX_POOLS + 1))), "pools"),
        (pb.JoinRequest(node_id="n1", nats_public_key=NODE.public, pools=["default"]), "signature"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_bad_input_is_invalid_argument(request_: pb.JoinRequest, field: str) -> None:
    async with with_joins() as joins:
        code, fields, _ = await failure(joins.call("Join", request_, "join"))
        assert (code, fields) == (Code.INVALID_ARGUMENT, [field])
        assert joins.nodes.kept == {}


async def test_who_knows_a_public_key_alone_gets_nothing_of_its_nodes() -> None:
    async with with_joins() as joins:
        await joins.join()
        stolen = a_request(key=Key())
        stolen.nats_public_key = NODE.public
        other_pools = a_request()
        other_pools.pools.append("gpu")
        for forged in (stolen, other_pools):
            code, fields, _ = await failure(joins.call("Join", forged, "join"))
            assert (code, fields) == (Code.INVALID_ARGUMENT, ["signature"])


async def test_without_etcd_a_machine_may_try_again_and_an_operator_too() -> None:
    async with with_joins() as joins:
        joins.users.is_away = True
        assert (await failure(joins.join()))[0] is Code.UNAVAILABLE
        joins.users.is_away = False
        await joins.join()
        joins.users.is_away = True
        assert (await failure(joins.forget()))[0] is Code.UNAVAILABLE
        assert joins.nodes.kept == {}, "its key is let in no longer, whatever etcd says"
        joins.users.is_away = False
        assert (await joins.forget()).node.node_id == "n1"
        assert joins.users.by_node == {}


async def test_a_forgotten_node_is_nowhere_and_forgetting_it_again_finds_nobody() -> None:
    async with with_joins() as joins:
        await joins.join()
        forgotten = (await joins.forget()).node
        assert (forgotten.node_id, forgotten.nats_public_key) == ("n1", NODE.public)
        assert (joins.nodes.kept, joins.users.by_node) == ({}, {})
        for node_id in ("n1", "", "*", "n" * 60_000):
            assert (await failure(joins.forget(node_id)))[0] is Code.NOT_FOUND


async def test_nodes_are_listed_in_pages_in_the_order_in_which_they_joined() -> None:
    async with with_joins() as joins:
        for node_id in ("c", "a", "b"):
            await joins.join(node_id)
        first = await joins.listed(page_size=2)
        rest = await joins.listed(page_size=2, page_token=first.next_page_token)
        assert [one.node_id for page in (first, rest) for one in page.nodes] == ["c", "a", "b"]
        assert rest.next_page_token == ""
        for fields in ({"page_size": 201}, {"page_token": "x"}, {"page_token": "9" * 60_000}):
            assert (await failure(joins.listed(**fields)))[0] is Code.INVALID_ARGUMENT


async def test_when_as_many_nodes_have_joined_as_may_one_more_is_told() -> None:
    async with with_joins(room=1) as joins:
        await joins.join()
        code, _, error = await failure(joins.join("n2"))
        assert code is Code.FAILED_PRECONDITION
        assert "forget those that are gone" in str(error.details())


async def test_a_gateway_that_lets_no_nodes_join_says_so() -> None:
    async with serving(verifiers=[Words()]) as calls:
        stub: Any = nodes_pb2_grpc.NodeServiceStub(calls.channel)
        code, _, error = await failure(stub.Join(a_request(), metadata=shown(["join"], "lab"), timeout=PATIENCE_S))
        assert code is Code.FAILED_PRECONDITION
        assert "nats_account_nkey" in str(error.details())


async def test_who_joined_who_tried_and_who_forgot_is_in_the_audit_trail_without_a_secret() -> None:
    async with with_joins() as joins:
        with capture_logs() as lines:
            await joins.join()
            await failure(joins.join(key=Key()))
            await failure(joins.call("Join", a_request(), "submit"))
            await joins.forget()
        told = [(one.action, one.outcome, one.subject, one.client, one.owner) for one in joins.audited]
        assert told == [
            ("Join", "OK", "n1", "lab", None),
            ("Join", "ALREADY_EXISTS", "n1", "lab", None),
            ("Join", "PERMISSION_DENIED", "", "lab", None),
            ("Forget", "OK", "n1", "lab", "lab"),
        ]
        assert f"of {NODE.public}" not in str(lines)
