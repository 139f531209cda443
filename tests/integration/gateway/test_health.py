"""What a gateway says of itself while something that it needs, or could do without, is away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from coderunner.v1 import catalog_pb2, catalog_pb2_grpc
from tests.integration.gateway.gateway_process import SERVING, GatewayProcess
from tests.servers import EtcdServer, NatsServer
from tests.servers.fixtures import StartEtcd, StartNats

SERVICES = ("", "ExecutionService", "CatalogService", "OperationsService")
WAIT_S = 20
Start = Callable[..., GatewayProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as running:

        def one(nats: NatsServer, etcd: EtcdServer, *flags: str) -> GatewayProcess:
            servers = ["--nats-urls", nats.url, "--etcd-endpoints", etcd.endpoint, "--reconnect-most-s", "0.3"]
            gateway = GatewayProcess(*servers, *flags)
            running.callback(gateway.close)
            gateway.wait_for("gateway_ready")
            return gateway

        yield one


def wait_part(gateway: GatewayProcess, name: str, *, works: bool) -> Mapping[str, Any]:
    """The whole of ``/health``, once it says so of a part."""
    deadline = time.monotonic() + WAIT_S
    while True:
        status, body = gateway.get("/health")
        assert status == 200
        told: dict[str, Any] = json.loads(body)
        if told["parts"][name]["works"] is works:
            return told
        assert time.monotonic() < deadline, told
        time.sleep(0.02)


def serving(gateway: GatewayProcess) -> list[bool]:
    """Of the server, and of each service."""
    stub: Any = health_pb2_grpc.HealthStub(gateway.channel)
    names = [f"coderunner.v1.{name}" if name else "" for name in SERVICES]
    checks = [stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=10) for name in names]
    return [check.status == SERVING for check in checks]


def wait_serving(gateway: GatewayProcess, wanted: list[bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while (told := serving(gateway)) != wanted:
        assert time.monotonic() < deadline, told
        time.sleep(0.02)


def test_all_is_well_and_each_part_says_so_in_words(
    start: Start, nats_server: NatsServer, etcd_server: EtcdServer, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/history.db"
    gateway = start(nats_server, etcd_server, "--history-url", url, "--history-migrate", "true")
    wait_part(gateway, "callbacks", works=True)
    told = wait_part(gateway, "history", works=True)
    assert (told["live"], told["ready"], told["status"]) == (True, True, "ok")
    assert {name: part["says"] for name, part in told["parts"].items()} == {
        "running": "answers",
        "bus": f"connected to 127.0.0.1:{nats_server.port}",
        "streams": "declared",
        "store": "the bus stores what it is given",
        "nodes": "0 known",
        "directory": "etcd answers",
        "callbacks": "delivers callbacks",
        "history": "the database answers",
    }
    wait_serving(gateway, [True] * 4)


def test_without_the_bus_it_is_not_ready_and_only_the_catalogue_is_served(
    start: Start, start_nats: StartNats, etcd_server: EtcdServer
) -> None:
    nats = start_nats()
    gateway = start(nats, etcd_server)
    nats.stop()
    told = wait_part(gateway, "bus", works=False)
    assert (told["ready"], told["status"]) == (False, "not ready")
    assert told["parts"]["bus"]["says"].startswith("not connected: ")
    assert gateway.get("/ready")[0] == 503
    assert gateway.get("/live")[0] == 200
    wait_serving(gateway, [False, False, True, False])
    catalog: Any = catalog_pb2_grpc.CatalogServiceStub(gateway.channel)
    assert list(catalog.ListNodes(catalog_pb2.ListNodesRequest(), timeout=10).nodes) == []
    nats.start()
    wait_part(gateway, "streams", works=True)
    wait_serving(gateway, [True] * 4)


def test_without_etcd_it_is_degraded_and_ready(start: Start, nats_server: NatsServer, start_etcd: StartEtcd) -> None:
    etcd = start_etcd()
    gateway = start(nats_server, etcd)
    wait_part(gateway, "directory", works=True)
    etcd.stop()
    told = wait_part(gateway, "directory", works=False)
    assert (told["ready"], told["status"], told["parts"]["directory"]["needed"]) == (True, "degraded", False)
    assert told["parts"]["directory"]["says"].startswith("etcd is away: ")
    assert gateway.get("/ready")[0] == 200
    wait_serving(gateway, [True] * 4)


def test_without_the_database_it_is_degraded_and_ready(
    start: Start, nats_server: NatsServer, etcd_server: EtcdServer, tmp_path: Path
) -> None:
    gateway = start(nats_server, etcd_server, "--history-url", f"sqlite:///{tmp_path}/nowhere/history.db")
    told = wait_part(gateway, "history", works=False)
    assert (told["ready"], told["status"]) == (True, "degraded")
    status, body = gateway.get("/ready")
    assert (status, json.loads(body)["degraded"]) == (200, {"history": told["parts"]["history"]["says"]})
    wait_serving(gateway, [True] * 4)
