"""A client's calls through a real channel, to the gateway over in-memory ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from broker_gateway.application.identity import Verifier
from broker_gateway.application.joining import JoinAppService
from broker_gateway.application.key_service import KeyAppService
from broker_gateway.interfaces.doorway import Doorway
from broker_gateway.interfaces.reception import Reception
from broker_gateway.interfaces.server import GrpcServer, GrpcSettings, build_server
from coderunner.v1 import blobs_pb2_grpc, catalog_pb2_grpc
from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import execution_pb2_grpc as rpc
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes

Code = grpc.StatusCode


class Calls:
    """A client's end of the channel."""

    def __init__(self, gateway: GatewayOnFakes, server: GrpcServer, channel: grpc.aio.Channel, port: int) -> None:
        self.gateway = gateway
        self.port = port
        self.server = server
        self.channel = channel
        self.execution = rpc.ExecutionServiceStub(channel)
        self.blobs = blobs_pb2_grpc.BlobServiceStub(channel)
        self.catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        self.health = health_pb2_grpc.HealthStub(channel)
        self.reflection = reflection_pb2_grpc.ServerReflectionStub(channel)

    async def raw(self, method: str, request: bytes, metadata: Any = None) -> bytes:
        call: Any = self.channel.unary_unary  # its stubs ask for serializers, which it does without
        answer: bytes = await call(method)(request, metadata=metadata, timeout=PATIENCE_S)
        return answer

    async def submit(self, **fields: Any) -> str:
        request = pb.SubmitRequest(task=task(**fields))
        response: pb.SubmitResponse = await self.execution.Submit(request, timeout=PATIENCE_S)
        return response.id


@asynccontextmanager
async def serving(
    gateway: GatewayOnFakes | None = None,
    *,
    interceptors: Sequence[Any] = (),
    verifiers: Sequence[Verifier] = (),
    reception: Reception | None = None,
    keys: KeyAppService | None = None,
    joining: JoinAppService | None = None,
    **settings: Any,
) -> AsyncIterator[Calls]:
    gateway = gateway or GatewayOnFakes()
    of_doorway = {name: settings.pop(name) for name in ("tokens", "operators", "admins", "calls") if name in settings}
    server = build_server(
        execution=gateway.service,
        catalog=gateway.catalog,
        operations=gateway.operations,
        settings=GrpcSettings(address="127.0.0.1:0", **settings),
        interceptors=interceptors,
        doorway=Doorway(verifiers=verifiers, **of_doorway),
        reception=reception,
        keys=keys,
        joining=joining,
        blobs=gateway.blobs,
    )
    port = await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Calls(gateway, server, channel, port)
    finally:
        await server.stop(0)


def task(source: str = "print(42)", **fields: Any) -> pb.Task:
    return pb.Task(**{"language": "python", "files": [pb.File(content=source)], **fields})


async def failure(call: Any) -> tuple[grpc.StatusCode, list[str], grpc.aio.AioRpcError]:
    """The status of a call that must fail, and the fields of its violations."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(PATIENCE_S):
            await call
    error = caught.value
    return error.code(), [one.field for one in details(error, error_details_pb2.BadRequest).field_violations], error


def details(error: grpc.aio.AioRpcError, kind: Callable[[], Any]) -> Any:
    message = kind()
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # has what a call has
    for detail in status.details if status is not None else ():
        detail.Unpack(message)
    return message


def by_id(calls: Calls, method: str, task_id: str) -> Any:
    request = {"Get": pb.GetRequest, "Cancel": pb.CancelRequest, "Watch": pb.WatchRequest}[method](id=task_id)
    call = getattr(calls.execution, method)(request)
    return call.read() if method == "Watch" else call


async def services(calls: Calls) -> set[str]:
    wanted = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = [one async for one in calls.reflection.ServerReflectionInfo(iter([wanted]))]
    return {one.name for one in answer.list_services_response.service}
