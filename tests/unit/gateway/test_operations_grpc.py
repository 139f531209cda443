"""OperationsService through a real channel, over in-memory ports."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from coderunner.v1 import operations_pb2 as pb
from coderunner.v1 import operations_pb2_grpc as rpc
from tests.builders import a_poison_letter, a_result, a_task, an_undelivered_letter
from tests.fakes.callbacks import refused
from tests.unit.gateway.dead_tasks import buried, undelivered
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S
from tests.unit.gateway.grpc_calls import Calls, Code, details, failure, serving

EVERY_CALL = (
    ("ListDead", pb.ListDeadRequest()),
    ("ListCallbacks", pb.ListCallbacksRequest()),
    ("GetDead", pb.GetDeadRequest(id="t1")),
    ("Redrive", pb.RedriveRequest(id="t1")),
    ("DrainNode", pb.DrainNodeRequest(id="n1")),
)


async def call(calls: Calls, method: str, request: Any, token: str = "") -> Any:
    stub: Any = rpc.OperationsServiceStub
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    return await getattr(stub(calls.channel), method)(request, timeout=PATIENCE_S, metadata=metadata)


async def test_letters_come_newest_first_in_pages_without_their_messages() -> None:
    async with serving() as calls:
        for number in range(3):
            calls.gateway.dead.bury(a_poison_letter(a_task(f"t{number}")))
        calls.gateway.dead.bury(an_undelivered_letter(a_result("u")))
        first = await call(calls, "ListDead", pb.ListDeadRequest(page_size=2))
        assert [one.id for one in first.letters] == ["u", "t2"]
        rest = await call(calls, "ListDead", pb.ListDeadRequest(page_size=2, page_token=first.next_page_token))
        assert [one.id for one in rest.letters] == ["t1", "t0"]
        assert rest.next_page_token == ""
        assert {one.payload for one in (*first.letters, *rest.letters)} == {""}
        only = await call(calls, "ListDead", pb.ListDeadRequest(reason="undelivered"))
        assert [one.id for one in only.letters] == ["u"]


async def test_one_letter_tells_what_happened_and_has_its_message() -> None:
    async with serving() as calls:
        letter = a_poison_letter(a_task("t1"))
        calls.gateway.dead.bury(letter)
        shown = (await call(calls, "GetDead", pb.GetDeadRequest(id="t1"))).letter
        assert (shown.reason, shown.detail, shown.attempts) == ("poison", letter.detail, 3)
        assert (shown.node_id, shown.at_ms, shown.payload) == ("n1", 1000, letter.payload)


async def test_redrive_runs_a_task_again_and_is_not_found_after_that() -> None:
    async with serving() as calls:
        buried(calls.gateway)
        await call(calls, "Redrive", pb.RedriveRequest(id="t1"))
        assert list(calls.gateway.bus.tasks) == ["t1"]
        code, _, error = await failure(call(calls, "Redrive", pb.RedriveRequest(id="t1")))
        assert (code, error.details()) == (Code.NOT_FOUND, "there is no dead letter 't1'")


async def test_a_callback_that_refuses_again_is_a_failed_precondition_with_its_words() -> None:
    async with serving() as calls:
        undelivered(calls.gateway)
        calls.gateway.transport.answers["http://h/"] = [refused("the endpoint answered 503")]
        code, _, error = await failure(call(calls, "Redrive", pb.RedriveRequest(id="t1")))
        assert code is Code.FAILED_PRECONDITION
        assert "the endpoint answered 503" in str(error.details())


async def test_a_full_queue_tells_when_to_redrive() -> None:
    async with serving() as calls:
        buried(calls.gateway)
        calls.gateway.bus.max_tasks = 0
        code, _, error = await failure(call(calls, "Redrive", pb.RedriveRequest(id="t1")))
        assert code is Code.RESOURCE_EXHAUSTED
        assert details(error, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() == 700


async def test_a_node_is_ordered_to_drain() -> None:
    async with serving() as calls:
        assert (await call(calls, "DrainNode", pb.DrainNodeRequest(id="n1"))).accepted
        assert calls.gateway.control.orders == [("n1", "drain")]


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("ListDead", pb.ListDeadRequest(page_size=201), "page_size"),
        ("ListDead", pb.ListDeadRequest(page_token="x"), "page_token"),
        ("ListDead", pb.ListDeadRequest(reason="a.b"), "reason"),
        ("DrainNode", pb.DrainNodeRequest(id="*"), "id"),
        ("DrainNode", pb.DrainNodeRequest(), "id"),
    ],
)
async def test_bad_input_is_invalid_argument(method: str, request_: Any, field: str) -> None:
    async with serving() as calls:
        code, violated, _ = await failure(call(calls, method, request_))
        assert (code, violated) == (Code.INVALID_ARGUMENT, [field])


@pytest.mark.parametrize(("method", "request_"), EVERY_CALL)
async def test_where_there_are_tokens_only_operators_may_call(method: str, request_: Any) -> None:
    tokens = {"blog-token": "blog", "ops-token": "ops"}
    async with serving(tokens=tokens, operators=["ops"]) as calls:
        buried(calls.gateway)
        code, _, error = await failure(call(calls, method, request_, "blog-token"))
        assert code is Code.PERMISSION_DENIED
        assert "operators" in str(error.details())
        code, _, _ = await failure(call(calls, method, request_))
        assert code is Code.UNAUTHENTICATED
        assert calls.gateway.bus.calls == []
        await call(calls, method, request_, "ops-token")


async def test_where_there_are_tokens_and_no_operators_nobody_may_call() -> None:
    async with serving(tokens={"t": "blog"}) as calls:
        code, _, _ = await failure(call(calls, "ListDead", pb.ListDeadRequest(), "t"))
        assert code is grpc.StatusCode.PERMISSION_DENIED
