"""The server itself: reflection, health, its port."""

from __future__ import annotations

from dataclasses import replace

import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from broker_gateway.application.readiness import ReadinessReport
from broker_gateway.interfaces.server import GrpcSettings, build_server
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, Code, failure, services, serving

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


async def test_reflection_lists_and_describes_the_services(calls: Calls) -> None:
    assert await services(calls) == {
        "coderunner.v1.ExecutionService",
        "coderunner.v1.BlobService",
        "coderunner.v1.CatalogService",
        "coderunner.v1.OperationsService",
        "coderunner.v1.KeyService",
        "coderunner.v1.NodeService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    wanted = reflection_pb2.ServerReflectionRequest(file_containing_symbol="coderunner.v1.ExecutionService")
    (answer,) = [one async for one in calls.reflection.ServerReflectionInfo(iter([wanted]))]
    assert answer.file_descriptor_response.file_descriptor_proto


ALL = ReadinessReport(executions=True, catalog=True, operations=True, keys=True, nodes=True)
NONE = ReadinessReport(executions=False, catalog=False, operations=False, keys=False, nodes=False)
SERVICES = ("", *(f"coderunner.v1.{name}Service" for name in ("Execution", "Catalog", "Operations", "Key")))


@pytest.mark.parametrize(
    ("report", "serving"),
    [
        (ALL, [True, True, True, True, True]),
        (NONE, [False, False, False, False, False]),
        (replace(ALL, executions=False), [False, False, True, True, True]),
        (replace(NONE, catalog=True), [False, False, True, False, False]),
        (replace(NONE, operations=True), [False, False, False, True, False]),
        (replace(ALL, keys=False), [True, True, True, True, False]),
    ],
)
async def test_health_is_told_for_each_service_and_for_all_of_them(
    calls: Calls, report: ReadinessReport, serving: list[bool]
) -> None:
    await calls.server.tell(NONE if report is ALL else ALL)
    await calls.server.tell(report)
    assert [await said(calls, name) == SERVING for name in SERVICES] == serving


async def test_health_is_not_serving_before_anything_was_told_and_knows_no_other_service(calls: Calls) -> None:
    assert [await said(calls, name) for name in SERVICES] == [NOT_SERVING] * 5
    unknown = calls.health.Check(health_pb2.HealthCheckRequest(service="nobody"))
    assert (await failure(unknown))[0] is Code.NOT_FOUND


async def said(calls: Calls, service: str) -> int:
    answer = await calls.health.Check(health_pb2.HealthCheckRequest(service=service))
    return int(answer.status)


async def test_a_watch_of_the_health_sees_the_change(calls: Calls) -> None:
    stream = calls.health.Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE_S)
    assert (await stream.read()).status == NOT_SERVING
    await calls.server.tell(ALL)
    assert (await stream.read()).status == SERVING


async def test_two_servers_cannot_share_a_port_by_mistake() -> None:
    gateway = GatewayOnFakes()
    async with serving(gateway) as calls:
        settings = GrpcSettings(address=f"127.0.0.1:{calls.port}")
        second = build_server(
            execution=gateway.service, catalog=gateway.catalog, operations=gateway.operations, settings=settings
        )
        with pytest.raises(RuntimeError):
            await second.start()
