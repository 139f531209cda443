"""The server itself: reflection, health, its port."""

from __future__ import annotations

import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from broker_gateway.interfaces.server import GrpcSettings, build_server
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, Code, failure, services, serving


async def test_reflection_lists_and_describes_the_services(calls: Calls) -> None:
    assert await services(calls) == {
        "coderunner.v1.ExecutionService",
        "coderunner.v1.CatalogService",
        "coderunner.v1.OperationsService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    wanted = reflection_pb2.ServerReflectionRequest(file_containing_symbol="coderunner.v1.ExecutionService")
    (answer,) = [one async for one in calls.reflection.ServerReflectionInfo(iter([wanted]))]
    assert answer.file_descriptor_response.file_descriptor_proto


async def test_health_follows_readiness(calls: Calls) -> None:
    serving_, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING

    async def said(service: str) -> int:
        answer = await calls.health.Check(health_pb2.HealthCheckRequest(service=service))
        return int(answer.status)

    assert await said("") == not_serving
    await calls.server.set_ready(True)
    assert [await said(name) for name in ("", "coderunner.v1.ExecutionService")] == [serving_, serving_]
    await calls.server.set_ready(False)
    assert await said("coderunner.v1.CatalogService") == not_serving
    unknown = calls.health.Check(health_pb2.HealthCheckRequest(service="nobody"))
    assert (await failure(unknown))[0] is Code.NOT_FOUND


async def test_a_watch_of_the_health_sees_the_change(calls: Calls) -> None:
    stream = calls.health.Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE_S)
    assert (await stream.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    await calls.server.set_ready(True)
    assert (await stream.read()).status == health_pb2.HealthCheckResponse.SERVING


async def test_two_servers_cannot_share_a_port_by_mistake() -> None:
    gateway = GatewayOnFakes()
    async with serving(gateway) as calls:
        settings = GrpcSettings(address=f"127.0.0.1:{calls.port}")
        second = build_server(
            execution=gateway.service, catalog=gateway.catalog, operations=gateway.operations, settings=settings
        )
        with pytest.raises(RuntimeError):
            await second.start()
