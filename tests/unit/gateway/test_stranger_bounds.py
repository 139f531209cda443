"""The calls that anybody may make and keep open: so many, from one address and in all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from broker_gateway.domain.quota import Quota
from broker_gateway.interfaces.stranger_bounds import LASTING, StrangerBounds
from tests.servers.waiting import eventually
from tests.unit.gateway.grpc_calls import Calls, Code, failure, services, serving


@pytest.fixture
def refused() -> list[Quota]:
    return []


@pytest.fixture
async def calls(refused: list[Quota], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Calls]:
    """A gateway that asks for tokens, at which three calls may last."""
    bounds = StrangerBounds(3, 5, on_refused=refused.append)
    monkeypatch.setattr("broker_gateway.interfaces.server.StrangerBounds", lambda **_told: bounds)
    async with serving(tokens={"b": "blog"}) as made:
        yield made


def watch(calls: Calls) -> Any:
    return calls.health.Watch(health_pb2.HealthCheckRequest())


def reflection(calls: Calls) -> Any:
    return calls.reflection.ServerReflectionInfo()


async def opened(calls: Calls, kind: str) -> Any:
    if kind == "watch":
        call = watch(calls)
    else:
        call = reflection(calls)
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
    await call.read()
    return call


@pytest.mark.parametrize("kind", ["watch", "reflection"])
async def test_of_calls_that_last_one_address_has_so_many(calls: Calls, kind: str, refused: list[Quota]) -> None:
    """Any number was open for as long as a stranger liked."""
    held = [await opened(calls, kind) for _ in range(3)]
    for one_too_many in (watch(calls), reflection(calls)):
        assert (await failure(one_too_many.read()))[0] is Code.RESOURCE_EXHAUSTED
    assert refused == [Quota.OPEN_CALLS] * 2
    assert (await calls.health.Check(health_pb2.HealthCheckRequest())).status
    held.pop().cancel()

    async def is_free() -> bool:
        try:
            held.append(await opened(calls, kind))
        except grpc.aio.AioRpcError:
            return False
        return True

    await eventually(is_free)


async def test_all_addresses_together_have_so_many() -> None:
    bounds = StrangerBounds(3, 5)

    class Context:
        def __init__(self, peer: str) -> None:
            self._peer = peer

        def peer(self) -> str:
            return self._peer

        async def abort(self, code: grpc.StatusCode, *_words: object) -> None:
            raise PermissionError(code)

    async def enter(peer: str) -> Any:
        entered = bounds.counted(Context(peer))  # type: ignore[arg-type]  # has what is asked of a context
        await entered.__aenter__()
        return entered

    held = [await enter(f"ipv4:10.0.0.{number // 3}:{number}") for number in range(5)]
    with pytest.raises(PermissionError):
        await enter("ipv4:10.0.0.9:1")
    for one in held:
        await one.__aexit__(None, None, None)
    assert not bounds._open
    await enter("ipv4:10.0.0.9:1")


async def test_the_methods_are_those_that_are_served() -> None:
    async with serving() as calls:
        served = await services(calls)
    assert {method.split("/")[1] for method in LASTING} <= served
