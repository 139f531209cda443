"""Delivery by gRPC to a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
import pytest_asyncio

from broker_gateway.application.ports import DeliveryError
from broker_gateway.infrastructure.callbacks import grpc_callback
from broker_gateway.infrastructure.callbacks.addresses import AddressGuard
from broker_gateway.infrastructure.callbacks.grpc_callback import GrpcCallbackTransport
from coderunner.v1 import callback_pb2, callback_pb2_grpc, execution_pb2
from schemas.execution import Execution
from tests.integration.gateway import samples


class Backend(callback_pb2_grpc.CallbackServiceServicer):
    """A blog's backend."""

    def __init__(self) -> None:
        self.port = 0
        self.code: grpc.StatusCode | None = None
        self.heard: list[tuple[str, str]] = []
        self.authorities: list[str] = []

    async def Deliver(self, request: Any, context: Any) -> callback_pb2.DeliverResponse:
        metadata = dict(context.invocation_metadata())
        self.heard.append((request.execution.id, metadata["idempotency-key"]))
        if self.code is not None:
            await context.abort(self.code, "no")
        return callback_pb2.DeliverResponse()


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    served = Backend()
    server = grpc.aio.server()
    add: Any = callback_pb2_grpc.add_CallbackServiceServicer_to_server
    add(served, server)
    served.port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield served
    await server.stop(None)


def message(execution: Execution) -> execution_pb2.Execution:
    return execution_pb2.Execution(id=execution.id)


def transport(*allowed: str, timeout_s: float = 5) -> GrpcCallbackTransport:
    return GrpcCallbackTransport(AddressGuard(allowed), message, timeout_s=timeout_s, user_agent="coderunner/test")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_backend_is_told_with_the_idempotency_key(backend: Backend, host: str) -> None:
    callbacks = transport("127.0.0.0/8")
    await callbacks.deliver(f"grpc://{host}:{backend.port}", samples.execution("a"), "a")
    assert backend.heard == [("a", "a")]
    await callbacks.close()


async def test_anything_but_ok_is_worth_another_try(backend: Backend) -> None:
    backend.code = grpc.StatusCode.INTERNAL
    callbacks = transport("127.0.0.0/8")
    with pytest.raises(DeliveryError, match="INTERNAL") as refusal:
        await callbacks.deliver(f"grpc://127.0.0.1:{backend.port}", samples.execution("a"), "a")
    assert not refusal.value.permanent
    await callbacks.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "0.0.0.0"])
async def test_no_spelling_of_the_loopback_address_is_called(backend: Backend, host: str) -> None:
    callbacks = transport()
    with pytest.raises(DeliveryError) as refusal:
        await callbacks.deliver(f"grpc://{host}:{backend.port}", samples.execution("a"), "a")
    assert refusal.value.permanent
    assert backend.heard == []
    await callbacks.close()


async def test_a_proxy_in_the_environment_is_not_used(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    callbacks = transport("127.0.0.0/8")
    await callbacks.deliver(f"grpc://127.0.0.1:{backend.port}", samples.execution("a"), "a")
    assert backend.heard == [("a", "a")]
    await callbacks.close()


async def test_channels_are_kept_and_bounded(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpc_callback, "MAX_CHANNELS", 2)
    callbacks = transport("127.0.0.0/8")
    hosts = ["127.0.0.1", "localhost", "127.0.0.1", "LOCALHOST", "127.1"]
    for host in hosts:
        await callbacks.deliver(f"grpc://{host}:{backend.port}", samples.execution("a"), "a")
        assert len(callbacks._channels) <= 2
    assert len(backend.heard) == len(hosts)
    await callbacks.close()
