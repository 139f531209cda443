"""The gRPC server: services, interceptors and health, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from broker_gateway.application.blob_service import BlobAppService
from broker_gateway.application.catalog_service import CatalogAppService
from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.application.joining import JoinAppService
from broker_gateway.application.key_service import KeyAppService
from broker_gateway.application.operations_service import OperationsAppService
from broker_gateway.application.readiness import Readiness, ReadinessReport
from broker_gateway.domain.draft import DraftCounts
from broker_gateway.interfaces.authentication import Authentication
from broker_gateway.interfaces.blob_servicer import BlobServicer
from broker_gateway.interfaces.catalog_servicer import CatalogServicer
from broker_gateway.interfaces.doorway import Doorway
from broker_gateway.interfaces.draft_mapping import DEFAULT_COUNTS
from broker_gateway.interfaces.execution_servicer import ExecutionServicer
from broker_gateway.interfaces.guard import Guard
from broker_gateway.interfaces.key_servicer import KeyServicer
from broker_gateway.interfaces.node_servicer import NodeServicer
from broker_gateway.interfaces.operations_servicer import OperationsServicer
from broker_gateway.interfaces.reception import Reception
from broker_gateway.interfaces.stranger_bounds import StrangerBounds
from broker_gateway.interfaces.tls import server_credentials
from chassis.certificates import CertificateFiles
from coderunner.v1 import (
    blobs_pb2,
    blobs_pb2_grpc,
    catalog_pb2,
    catalog_pb2_grpc,
    execution_pb2,
    execution_pb2_grpc,
    keys_pb2,
    keys_pb2_grpc,
    nodes_pb2,
    nodes_pb2_grpc,
    operations_pb2,
    operations_pb2_grpc,
)

_add_execution: Callable[..., None] = execution_pb2_grpc.add_ExecutionServiceServicer_to_server
_add_catalog: Callable[..., None] = catalog_pb2_grpc.add_CatalogServiceServicer_to_server
_add_operations: Callable[..., None] = operations_pb2_grpc.add_OperationsServiceServicer_to_server
_add_keys: Callable[..., None] = keys_pb2_grpc.add_KeyServiceServicer_to_server
_add_nodes: Callable[..., None] = nodes_pb2_grpc.add_NodeServiceServicer_to_server
_add_blobs: Callable[..., None] = blobs_pb2_grpc.add_BlobServiceServicer_to_server

EXECUTION = execution_pb2.DESCRIPTOR.services_by_name["ExecutionService"].full_name
CATALOG = catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"].full_name
OPERATIONS = operations_pb2.DESCRIPTOR.services_by_name["OperationsService"].full_name
KEYS = keys_pb2.DESCRIPTOR.services_by_name["KeyService"].full_name
NODES = nodes_pb2.DESCRIPTOR.services_by_name["NodeService"].full_name
BLOBS = blobs_pb2.DESCRIPTOR.services_by_name["BlobService"].full_name
SERVICES = (EXECUTION, CATALOG, OPERATIONS, KEYS, NODES, BLOBS)
_MIN_PING_MS = 5_000
_NOT_READY = ReadinessReport(executions=False, catalog=False, operations=False, keys=False, nodes=False)


@dataclass(frozen=True, slots=True)
class GrpcSettings:
    """The settings of the gRPC server: where it listens, and how large messages may be."""

    address: str = "0.0.0.0:50051"
    """``host:port``; port 0 takes a free one."""
    certificate: CertificateFiles | None = None
    """What it shows to callers; None: it speaks without TLS."""
    max_receive_bytes: int = 4 << 20
    max_send_bytes: int = 64 << 20
    """An execution with many cases is large."""
    ping_s: float = 20.0
    """A connection is asked so often whether its peer is there, and closed where that is not answered within as long: a
    machine that loses its power says no goodbye. Peers may ask as well, every ``_MIN_PING_MS``."""


class GrpcServer:
    """The gRPC server with its health service."""

    def __init__(
        self, server: grpc.aio.Server, health_servicer: Any, address: str, certificate: CertificateFiles | None
    ) -> None:
        self._server = server
        self._health = health_servicer
        self._address = address
        self._certificate = certificate
        self._said: ReadinessReport | None = None

    async def start(self) -> int:
        """Starts to listen, not yet ready; returns the port. Raises RuntimeError where the address is taken,
        CertificateError."""
        await self.tell(_NOT_READY)
        if self._certificate is None:
            port = self._server.add_insecure_port(self._address)
        else:
            port = self._server.add_secure_port(self._address, server_credentials(self._certificate))
        await self._server.start()
        return port

    async def tell(self, report: ReadinessReport) -> None:
        """Sets what the standard health service says of each service, and of the server (``""``) as a whole."""
        if report == self._said:
            return
        self._said = report
        answers = health_pb2.HealthCheckResponse
        serving = {
            "": report.all,
            EXECUTION: report.executions,
            CATALOG: report.catalog,
            OPERATIONS: report.operations,
            KEYS: report.keys,
            NODES: report.nodes,
            BLOBS: report.executions,
        }
        for name, serves in serving.items():
            await self._health.set(name, answers.SERVING if serves else answers.NOT_SERVING)

    async def follow(self, readiness: Readiness, *, every_s: float = 0.5) -> None:
        """Keeps the health service in step with ``readiness``, for ever."""
        while True:
            await self.tell(readiness.report())
            await asyncio.sleep(every_s)

    async def stop(self, grace_s: float) -> None:
        """Says NOT_SERVING, takes no new calls, gives running ones ``grace_s`` seconds."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)


def _pings(every_ms: int) -> Sequence[tuple[str, int]]:
    """gRPC's options, by https://grpc.github.io/grpc/core/group__grpc__arg__keys.html. Since gRPC 1.62 an unanswered
    ping has a limit of its own, of a minute, whatever keepalive's is."""
    return (
        ("grpc.keepalive_time_ms", every_ms),
        ("grpc.keepalive_timeout_ms", every_ms),
        ("grpc.http2.ping_timeout_ms", every_ms),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_MS),
    )


def build_server(
    *,
    execution: CodeExecutionAppService,
    catalog: CatalogAppService,
    operations: OperationsAppService,
    keys: KeyAppService | None = None,
    joining: JoinAppService | None = None,
    blobs: BlobAppService | None = None,
    settings: GrpcSettings,
    counts: DraftCounts = DEFAULT_COUNTS,
    interceptors: Sequence[grpc.aio.ServerInterceptor[Any, Any]] = (),
    reception: Reception | None = None,
    doorway: Doorway | None = None,
) -> GrpcServer:
    """The server with all services. ``counts``: what is taken over of a submitted task. ``interceptors`` stand outside
    ours but for the ``reception``, the first outermost. ``doorway`` None: anybody may call. ``keys`` None: no API keys
    are taken; ``joining`` None: no nodes may join; ``blobs`` None: nothing large is taken. Health and
    reflection are served as well."""
    doorway = doorway or Doorway()
    own: list[grpc.aio.ServerInterceptor[Any, Any]] = (
        [Authentication(doorway.recognising)] if doorway.recognising is not None else []
    )
    server = grpc.aio.server(
        interceptors=[
            *(reception or Reception(), *interceptors, *own),
            Guard(doorway.bounds, StrangerBounds(on_refused=doorway.on_over_quota)),
        ],
        options=(
            ("grpc.max_receive_message_length", settings.max_receive_bytes),
            ("grpc.max_send_message_length", settings.max_send_bytes),
            ("grpc.so_reuseport", 0),  # a second gateway on the same port is a mistake, and must be an error
            *_pings(int(settings.ping_s * 1000)),
        ),
    )
    _add_execution(ExecutionServicer(execution, counts, asks_who=doorway.asks_who), server)
    _add_catalog(CatalogServicer(catalog), server)
    _add_operations(OperationsServicer(operations), server)
    _add_keys(KeyServicer(keys), server)
    _add_nodes(NodeServicer(joining), server)
    if blobs is not None:
        _add_blobs(BlobServicer(blobs, asks_who=doorway.asks_who), server)
    health_servicer = health.aio.HealthServicer()  # type: ignore[attr-defined]  # missing in its stubs only
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return GrpcServer(server, health_servicer, settings.address, settings.certificate)
