"""KeyService through a real channel: who may call it, what it takes, and what a key then opens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs

from broker_gateway.application import identity
from broker_gateway.application.key_ring import KeyRing
from broker_gateway.application.key_service import KeyAppService
from broker_gateway.domain.api_key import ApiKey
from broker_gateway.infrastructure.call_metrics import CallMetrics, CallNotes
from broker_gateway.infrastructure.metrics import Metrics
from broker_gateway.interfaces.access_log import AccessLog
from coderunner.v1 import execution_pb2, keys_pb2_grpc
from coderunner.v1 import keys_pb2 as pb
from schemas.audit import AuditRecord
from tests.fakes.memory_keys import MemoryKeyStore
from tests.servers.waiting import eventually
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving, task

TOKENS = {"b": "blog", "o": "ops", "a": "chief"}


@dataclass
class Keys:
    calls: Calls
    store: MemoryKeyStore
    ring: KeyRing
    audited: list[AuditRecord]

    async def call(self, method: str, request: Any, token: str = "a") -> Any:
        stub: Any = keys_pb2_grpc.KeyServiceStub
        return await getattr(stub(self.calls.channel), method)(request, timeout=PATIENCE_S, metadata=bearer(token))

    async def create(self, client: str = "blog", roles: tuple[str, ...] = ("submit", "read-own"), **fields: Any) -> Any:
        return await self.call("CreateKey", pb.CreateKeyRequest(client=client, roles=roles, **fields))

    async def submit(self, token: str) -> str:
        request = execution_pb2.SubmitRequest(task=task())
        response: execution_pb2.SubmitResponse = await self.calls.execution.Submit(request, metadata=bearer(token))
        return response.id


def bearer(token: str) -> Any:
    return (("authorization", f"Bearer {token}"),)


@asynccontextmanager
async def with_keys(gateway: GatewayOnFakes | None = None) -> AsyncIterator[Keys]:
    store, audited = MemoryKeyStore(), list[AuditRecord]()
    ring = KeyRing(store)
    service = KeyAppService(store, on_revoked=ring.forget)
    log = AccessLog(every_call=True, audit=audited.append)
    interceptors = [CallMetrics(CallNotes(Metrics(), log.ended, log.opened))]
    settings: dict[str, Any] = {"tokens": TOKENS, "operators": ["ops"], "admins": ["chief"]}
    async with serving(gateway, keys=service, verifiers=[ring], interceptors=interceptors, **settings) as calls:
        yield Keys(calls, store, ring, audited)


async def test_of_a_key_whose_maker_has_gone_the_trail_knows_which_it_is_and_whose() -> None:
    """It was there, and nothing said which."""
    async with with_keys() as keys:
        is_adding, may_add = asyncio.Event(), asyncio.Event()

        async def add(key: ApiKey) -> None:
            keys.store.kept[key.id] = key
            is_adding.set()
            await may_add.wait()

        keys.store.add = add  # type: ignore[method-assign]
        making = asyncio.ensure_future(keys.create())
        await is_adding.wait()
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
        await eventually(lambda: bool(keys.audited))
    (record,), (made,) = keys.audited, keys.store.kept
    assert (record.action, record.client, record.subject, record.owner) == ("CreateKey", "chief", made, "blog")


async def test_a_key_opens_what_its_roles_say_as_its_client() -> None:
    async with with_keys() as keys:
        secret = (await keys.create(roles=("submit",))).secret
        task_id = await keys.submit(secret)
        assert keys.calls.gateway.bus.tasks[task_id].client == "blog"
        get = execution_pb2.GetRequest(id=task_id)
        assert (await failure(keys.calls.execution.Get(get, metadata=bearer(secret))))[0] is Code.PERMISSION_DENIED
        assert (await keys.calls.execution.Get(get, metadata=bearer("b"))).execution.id == task_id


async def test_a_revoked_key_opens_nothing_and_revoking_again_is_no_mistake() -> None:
    async with with_keys() as keys:
        made = await keys.create()
        await keys.submit(made.secret)
        first = await keys.call("RevokeKey", pb.RevokeKeyRequest(id=made.key.id))
        assert (await failure(keys.submit(made.secret)))[0] is Code.UNAUTHENTICATED
        assert await keys.call("RevokeKey", pb.RevokeKeyRequest(id=made.key.id)) == first
        assert first.key.revoked_at_ms >= first.key.created_at_ms > 0


@pytest.fixture
async def quick(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Keys]:
    """A gateway that asks all the time whether who waits is still known."""
    monkeypatch.setattr(identity, "CHECK_EVERY_S", 0.0)
    async with with_keys(GatewayOnFakes(lookup_every_s=0.01)) as keys:
        yield keys


async def test_a_watch_ends_when_its_key_is_revoked(quick: Keys) -> None:
    """It went on for as long as its task did."""
    made = await quick.create()
    task_id = await quick.submit(made.secret)
    watched = quick.calls.execution.Watch(execution_pb2.WatchRequest(id=task_id), metadata=bearer(made.secret))
    assert (await watched.read()).execution.id == task_id
    await quick.call("RevokeKey", pb.RevokeKeyRequest(id=made.key.id))
    code, _, error = await failure(watched.read())
    assert (code, "revoked" in (error.details() or "")) == (Code.UNAUTHENTICATED, True)
    await eventually(lambda: quick.audited[-1].action == "Watch")
    assert quick.audited[-1].outcome == "UNAUTHENTICATED"
    assert quick.calls.gateway.bus.open_feeds() == 0


async def test_an_execute_ends_when_its_key_is_revoked_and_its_task_goes_on(quick: Keys) -> None:
    made = await quick.create()
    request = execution_pb2.ExecuteRequest(task=task())
    waiting = asyncio.ensure_future(quick.calls.execution.Execute(request, metadata=bearer(made.secret)))
    task_id = await quick.calls.gateway.queued_task_id()
    await quick.call("RevokeKey", pb.RevokeKeyRequest(id=made.key.id))
    assert (await failure(waiting))[0] is Code.UNAUTHENTICATED
    assert task_id in quick.calls.gateway.bus.tasks


async def test_a_watch_goes_on_while_nobody_can_tell_whose_its_key_is(quick: Keys) -> None:
    made = await quick.create()
    task_id = await quick.submit(made.secret)
    watched = quick.calls.execution.Watch(execution_pb2.WatchRequest(id=task_id), metadata=bearer(made.secret))
    await watched.read()
    quick.ring.forget(made.key.id)
    quick.store.is_away = True
    asked = len(quick.store.finds)
    await eventually(lambda: len(quick.store.finds) > asked + 1)
    quick.calls.gateway.finish(task_id)
    assert (await watched.read()).execution.status == execution_pb2.Execution.SUCCEEDED


async def test_whether_a_caller_is_still_known_is_asked_now_and_then_alone() -> None:
    now_s, answers = 0.0, [identity.Identity("blog", frozenset()), identity.Identity("another", frozenset())]

    class Verifier:
        def takes(self, _token: str) -> bool:
            return True

        async def identity(self, _token: str) -> identity.Identity:
            return answers.pop(0)

    known = identity.Recognition(identity.Verifiers([Verifier()]), "token", "blog", lambda: now_s)
    assert await known.lasts()
    now_s = identity.CHECK_EVERY_S
    assert await known.lasts()
    assert await known.lasts()
    assert len(answers) == 1
    now_s *= 2
    assert not await known.lasts()
    assert not await known.lasts()


async def test_a_key_with_a_rate_of_its_own_is_held_to_it() -> None:
    async with with_keys() as keys:
        made = await keys.create(quota_rate_per_s=0.001, quota_burst=2)
        for _ in range(2):
            await keys.submit(made.secret)
        assert (await failure(keys.submit(made.secret)))[0] is Code.RESOURCE_EXHAUSTED
        batch = execution_pb2.SubmitBatchRequest(tasks=[task()])
        (one,) = (await keys.calls.execution.SubmitBatch(batch, metadata=bearer(made.secret))).results
        assert one.error.code == Code.RESOURCE_EXHAUSTED.value[0]
        await keys.submit("b")


async def test_keys_are_listed_in_pages_without_their_secrets() -> None:
    async with with_keys() as keys:
        made = [await keys.create(client) for client in ("blog", "school", "blog")]
        first = await keys.call("ListKeys", pb.ListKeysRequest(page_size=2))
        rest = await keys.call("ListKeys", pb.ListKeysRequest(page_size=2, page_token=first.next_page_token))
        assert {one.id for one in (*first.keys, *rest.keys)} == {one.key.id for one in made}
        assert (len(first.keys), rest.next_page_token) == (2, "")
        only = await keys.call("ListKeys", pb.ListKeysRequest(client="school"))
        assert [one.id for one in only.keys] == [made[1].key.id]
        assert made[1].secret[20:-8] not in str((first, rest, only))


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("CreateKey", pb.CreateKeyRequest(roles=["submit"]), "client"),
        ("CreateKey", pb.CreateKeyRequest(client="x" * 60_000, roles=["submit"]), "client"),
        ("CreateKey", pb.CreateKeyRequest(client="blog"), "roles"),
        ("CreateKey", pb.CreateKeyRequest(client="blog", roles=["x"] * 10_000), "roles"),
        ("CreateKey", pb.CreateKeyRequest(client="b", roles=["admin"], quota_rate_per_s=1e300), "quota_rate_per_s"),
        ("CreateKey", pb.CreateKeyRequest(client="b", roles=["admin"], expires_at_ms=1), "expires_at_ms"),
        ("CreateKey", pb.CreateKeyRequest(client="b", roles=["page"]), "origins"),
        ("CreateKey", pb.CreateKeyRequest(client="b", roles=["submit"], origins=["https://a.example"]), "origins"),
        ("CreateKey", pb.CreateKeyRequest(client="b", roles=["page"], origins=["null"]), "origins[0]"),
        (
            "CreateKey",
            pb.CreateKeyRequest(client="b", roles=["page"], origins=["https://a.example"] * 1_000),
            "origins",
        ),
        ("ListKeys", pb.ListKeysRequest(page_size=201), "page_size"),
        ("ListKeys", pb.ListKeysRequest(page_token="x"), "page_token"),
        ("ListKeys", pb.ListKeysRequest(page_token="9" * 60_000), "page_token"),
        ("ListKeys", pb.ListKeysRequest(client="a b"), "client"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_bad_input_is_invalid_argument(method: str, request_: Any, field: str) -> None:
    async with with_keys() as keys:
        code, fields, _ = await failure(keys.call(method, request_))
        assert (code, fields) == (Code.INVALID_ARGUMENT, [field])
        assert keys.store.kept == {}


@pytest.mark.parametrize("key_id", ["", "0" * 16, "x", "0" * 60_000, "'; DROP TABLE api_keys"], ids=lambda one: one[:9])
async def test_a_key_that_there_is_not_cannot_be_revoked(key_id: str) -> None:
    async with with_keys() as keys:
        code, _, _ = await failure(keys.call("RevokeKey", pb.RevokeKeyRequest(id=key_id)))
        assert code is Code.NOT_FOUND


@pytest.mark.parametrize("method", ["CreateKey", "ListKeys", "RevokeKey"])
@pytest.mark.parametrize(("token", "code"), [("b", Code.PERMISSION_DENIED), ("o", Code.PERMISSION_DENIED), ("", None)])
async def test_only_an_admin_manages_keys(method: str, token: str, code: Code | None) -> None:
    async with with_keys() as keys:
        answer, _, _ = await failure(keys.call(method, getattr(pb, f"{method}Request")(), token))
        assert answer is (code or Code.UNAUTHENTICATED)


async def test_a_gateway_that_takes_no_keys_says_so() -> None:
    async with serving() as calls:
        stub: Any = keys_pb2_grpc.KeyServiceStub
        code, _, error = await failure(stub(calls.channel).ListKeys(pb.ListKeysRequest()))
        assert code is Code.FAILED_PRECONDITION
        assert "api_keys" in str(error.details())


async def test_while_the_database_is_away_nobody_is_told_that_his_key_is_wrong() -> None:
    async with with_keys() as keys:
        known, new = (await keys.create()).secret, (await keys.create()).secret
        await keys.submit(known)
        keys.store.is_away = True
        await keys.ring.check()
        await keys.submit(known)
        assert (await failure(keys.submit(new)))[0] is Code.UNAVAILABLE
        code, _, error = await failure(keys.create())
        assert code is Code.UNAVAILABLE
        assert "the database of API keys does not answer" in str(error.details())
        await keys.submit("b")


async def test_the_audit_trail_has_who_made_and_revoked_which_key_and_who_was_refused() -> None:
    async with with_keys() as keys:
        made = await keys.create("school")
        await keys.call("RevokeKey", pb.RevokeKeyRequest(id=made.key.id))
        await failure(keys.submit(made.secret))
        await failure(keys.call("ListKeys", pb.ListKeysRequest(), "o"))
        await eventually(lambda: len(keys.audited) == 4)
    told = [(one.client, one.action, one.outcome, one.subject, one.owner) for one in keys.audited]
    assert told == [
        ("chief", "CreateKey", "OK", made.key.id, "school"),
        ("chief", "RevokeKey", "OK", made.key.id, "school"),
        ("", "Submit", "UNAUTHENTICATED", "", None),
        ("ops", "ListKeys", "PERMISSION_DENIED", "", None),
    ]


async def test_no_log_line_has_a_secret() -> None:
    with capture_logs() as lines:
        async with with_keys() as keys:
            made = await keys.create()
            await keys.submit(made.secret)
            await keys.call("RevokeKey", pb.RevokeKeyRequest(id=made.key.id))
            await failure(keys.submit(made.secret))
            await eventually(lambda: len(keys.audited) >= 3)
    assert {"key_created", "key_revoked", "call_ended"} <= {line["event"] for line in lines}
    assert made.secret[20:-8] not in str(lines)
    by_event = {line.get("key_id") for line in lines if line["event"] == "call_ended"}
    assert made.key.id in by_event
