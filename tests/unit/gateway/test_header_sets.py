"""A task's callback may ask for header values that the operator has configured, by their name and by nothing else."""

from __future__ import annotations

import msgspec
import pytest
from structlog.testing import capture_logs

from broker_gateway.application.commands import Invalid, SubmitTaskCommand, TaskDTO
from broker_gateway.application.ports import DeliveryError
from broker_gateway.infrastructure.callbacks.breaker import with_breakers
from broker_gateway.infrastructure.callbacks.identification import Identification, Identifications
from coderunner.v1 import execution_pb2 as pb
from tests.builders import a_draft, an_execution
from tests.fakes.callbacks import MemoryResultDelivery, MemoryTransport, refused
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Code, failure, serving, task
from tests.unit.gateway.relay_on_fakes import delivery, running_relay

URL = "http://93.184.216.34/"
SETS = {"blog": {"shop-a": {"X-Shop": "secret-a", "authorization": "Bearer a"}, "shop-b": {"X-Shop": "secret-b"}}}
KNOWN = Identifications(by_client={"blog": Identification.of((), {"Authorization": "Bearer blog"})}, sets=SETS)


def test_the_named_values_are_sent_before_the_clients_own() -> None:
    assert KNOWN.headers("blog", "m1", b"x") == {"Authorization": "Bearer blog"}
    assert KNOWN.headers("blog", "m1", b"x", "shop-a") == {"X-Shop": "secret-a", "authorization": "Bearer a"}
    assert KNOWN.headers("blog", "m1", b"x", "shop-b") == {"Authorization": "Bearer blog", "X-Shop": "secret-b"}


@pytest.mark.parametrize(("client", "name"), [("blog", "gone"), ("shop", "shop-a"), ("", "shop-a")])
def test_without_the_values_no_call_is_made_and_none_is_told(client: str, name: str) -> None:
    assert not KNOWN.knows(client, name)
    with capture_logs() as said, pytest.raises(DeliveryError) as refusal:
        KNOWN.headers(client, "m1", b"x", name)
    assert (refusal.value.was_made, refusal.value.permanent) == (False, False)
    assert [line["event"] for line in said] == ["callback_headers_unknown"]
    assert "secret" not in f"{refusal.value}{said}"


async def submitted(client: str, name: str) -> TaskDTO | list[str]:
    gateway = GatewayOnFakes(header_sets=[("blog", "shop-a")])
    answer = await gateway.submission.submit(
        SubmitTaskCommand(client, a_draft(callback_url=URL, callback_headers=name))
    )
    if isinstance(answer, Invalid):
        assert not gateway.bus.tasks
        return [one.field for one in answer.violations]
    assert isinstance(answer, TaskDTO)
    (message,) = gateway.bus.tasks.values()
    assert message.callback is not None
    assert message.callback.headers == name
    return answer


async def test_a_name_is_let_in_for_the_client_that_has_it_and_for_no_other() -> None:
    assert isinstance(await submitted("blog", "shop-a"), TaskDTO)
    assert isinstance(await submitted("shop", ""), TaskDTO)
    assert await submitted("shop", "shop-a") == ["task.callback.headers"]
    assert await submitted("blog", "shop-b") == ["task.callback.headers"]


@pytest.mark.parametrize("name", ["x" * 65, "a b", "X-Evil: 1\r\n", "ä", "x" * 1_000_000, "shop-a\0"])
async def test_what_is_no_name_is_refused_with_its_field_and_not_repeated(name: str) -> None:
    async with serving() as calls:
        message = task(callback=pb.Callback(url=URL, headers=name))
        code, fields, error = await failure(calls.execution.Submit(pb.SubmitRequest(task=message)))
        assert (code, fields) == (Code.INVALID_ARGUMENT, ["task.callback.headers"])
        assert len(str(error)) < 2_000


async def test_the_relay_hands_the_name_to_the_transport() -> None:
    async with running_relay() as setup:
        await setup.settled(named_delivery("shop-a"))
        assert setup.transport.headers == ["shop-a"]


def named_delivery(name: str) -> MemoryResultDelivery:
    given = delivery()
    assert given.result.callback is not None
    return MemoryResultDelivery(
        msgspec.structs.replace(given.result, callback=msgspec.structs.replace(given.result.callback, headers=name))
    )


async def test_values_that_are_missing_turn_no_endpoint_off() -> None:
    inner = MemoryTransport()
    inner.answers[URL] = [refused("none of that name", was_made=False) for _ in range(5)]
    breaking = with_breakers({"http": inner}, failures=2, rest_s=60)["http"]
    for _ in range(5):
        with pytest.raises(DeliveryError, match="none of that name"):
            await breaking.deliver(URL, an_execution("t1"), "t1")
    await breaking.deliver(URL, an_execution("t1"), "t1")
    assert len(inner.delivered) == 1
