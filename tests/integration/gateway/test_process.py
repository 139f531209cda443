"""The gateway as a process: how it starts, what it says of itself, how it ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aetcd
import grpc
import grpc.aio
import msgspec
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from broker_gateway.main import main
from chassis import logs
from coderunner.v1 import catalog_pb2, catalog_pb2_grpc, execution_pb2, execution_pb2_grpc
from schemas import names
from schemas.task import TaskMessage
from tests.builders import a_node_record, a_result
from tests.integration.gateway.gateway_process import SERVING, GatewayProcess
from tests.servers import EtcdServer, NatsServer
from tests.servers.fixtures import StartEtcd, StartNats


@pytest.fixture
def started() -> Iterator[Any]:
    with ExitStack() as running:

        def start(*flags: str, grpc_port: int = 0) -> GatewayProcess:
            gateway = GatewayProcess(*flags, grpc_port=grpc_port)
            running.callback(gateway.close)
            return gateway

        yield start


def bus_flags(nats: NatsServer, etcd: EtcdServer) -> list[str]:
    return ["--nats-urls", nats.url, "--etcd-endpoints", etcd.endpoint]


def test_it_says_once_that_it_is_ready_and_where_and_serves(
    started: Any, nats_server: NatsServer, etcd_server: EtcdServer
) -> None:
    gateway = started(*bus_flags(nats_server, etcd_server))
    line = gateway.wait_for("gateway_ready")
    assert line["grpc"] == f"127.0.0.1:{gateway.grpc_port}"
    assert line["http"] == f"127.0.0.1:{gateway.http_port}"
    assert gateway.get("/healthz")[0] == 200
    assert gateway.get("/readyz")[0] == 200
    gateway.wait_serving()
    catalog: Any = catalog_pb2_grpc.CatalogServiceStub(gateway.channel)
    assert list(catalog.ListNodes(catalog_pb2.ListNodesRequest()).nodes) == []


def test_it_ends_with_0_on_sigterm_and_on_sigint(
    started: Any, nats_server: NatsServer, etcd_server: EtcdServer
) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        gateway = started(*bus_flags(nats_server, etcd_server))
        gateway.wait_for("gateway_ready")
        assert gateway.end(number) == 0
        gateway.wait_for("gateway_stopped")


def test_it_starts_before_its_servers_and_is_ready_when_they_are(
    started: Any, start_nats: StartNats, start_etcd: StartEtcd
) -> None:
    nats, etcd = start_nats(), start_etcd()
    nats.stop()
    etcd.stop()
    gateway = started(*bus_flags(nats, etcd), "--reconnect-most-s", "0.3")
    gateway.wait_parts(running=True, bus=False, streams=False, nodes=False)
    assert gateway.get("/readyz")[0] == 503
    assert gateway.get("/healthz")[0] == 200
    assert gateway.health() != SERVING
    nats.start()
    gateway.wait_parts(bus=True, streams=True, nodes=False)
    etcd.start()
    gateway.wait_parts(bus=True, streams=True, nodes=True)
    gateway.wait_for("gateway_ready")


def test_it_is_not_ready_while_the_bus_is_away_and_is_again_after(
    started: Any, start_nats: StartNats, etcd_server: EtcdServer
) -> None:
    nats = start_nats()
    gateway = started(*bus_flags(nats, etcd_server), "--reconnect-most-s", "0.3")
    gateway.wait_for("gateway_ready")
    nats.stop()
    gateway.wait_parts(bus=False)
    nats.start()
    gateway.wait_parts(bus=True, streams=True)


def test_an_open_call_is_finished_before_it_ends(
    started: Any, nats_server: NatsServer, etcd_server: EtcdServer
) -> None:
    gateway = started(*bus_flags(nats_server, etcd_server), "--shutdown-grace-s", "0.5")
    gateway.wait_for("gateway_ready")
    health: Any = health_pb2_grpc.HealthStub(gateway.channel)
    watch = health.Watch(health_pb2.HealthCheckRequest())
    while next(watch).status != SERVING:
        pass
    gateway.process.send_signal(signal.SIGTERM)
    assert next(watch).status != SERVING
    assert gateway.process.wait(20) == 0


def test_refused_calls_are_counted(started: Any, nats_server: NatsServer, etcd_server: EtcdServer) -> None:
    gateway = started(*bus_flags(nats_server, etcd_server))
    gateway.wait_for("gateway_ready")
    stub: Any = execution_pb2_grpc.ExecutionServiceStub(gateway.channel)
    with pytest.raises(grpc.RpcError) as refusal:
        stub.Submit(execution_pb2.SubmitRequest(), wait_for_ready=True)
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    gateway.wait_metric('coderunner_refused_total{reason="invalid_argument"} 1.0')  # counted after it was answered
    metrics = gateway.get("/metrics")[1]
    assert "coderunner_live_nodes 0.0" in metrics
    assert "coderunner_bus_up 1.0" in metrics


async def test_a_task_goes_to_a_node_and_its_result_comes_back(
    started: Any, nats_server: NatsServer, etcd_server: EtcdServer
) -> None:
    """A node by hand: it takes the message, and stores a result on the subject that the message names."""
    gateway = started(*bus_flags(nats_server, etcd_server))
    async with aetcd.Client(host="127.0.0.1", port=etcd_server.port) as etcd:
        await etcd.put(names.node_key("node-1").encode(), msgspec.json.encode(a_node_record("node-1")))
    gateway.wait_for("gateway_ready")
    node = await nats_server.connect()
    tasks = await node.subscribe(names.TASKS_WILDCARD)
    await node.flush()
    await node.flush()  # the first one may overtake the subscription
    async with grpc.aio.insecure_channel(f"127.0.0.1:{gateway.grpc_port}") as channel:
        stub: Any = execution_pb2_grpc.ExecutionServiceStub(channel)
        files = [execution_pb2.File(content="print(6 * 7)")]
        task = execution_pb2.Task(language="py", files=files, labels={"post": "1"})
        executing = stub.Execute(execution_pb2.ExecuteRequest(task=task), wait_for_ready=True)
        message = msgspec.json.decode((await tasks.next_msg(10)).data, type=TaskMessage)
        assert (message.language, message.pool, message.labels) == ("python", "default", {"post": "1"})
        await node.jetstream().publish(message.reply, msgspec.json.encode(a_result(message.id)))
        execution = (await executing).execution
        assert (execution.id, execution.run.stdout) == (message.id, "42\n")
        got = (await stub.Get(execution_pb2.GetRequest(id=message.id))).execution
        assert got == execution
    await node.close()
    metrics = gateway.get("/metrics")[1]
    assert 'coderunner_submitted_total{pool="default",priority="NORMAL"} 1.0' in metrics
    assert "coderunner_live_nodes 1.0" in metrics
    gateway.wait_metric('coderunner_queue_length{pool="default",priority="NORMAL"} 1.0')
    gateway.wait_metric('coderunner_finished_total{language="python",status="SUCCEEDED"} 1.0')


def test_a_relay_alone_serves_no_api(started: Any, nats_server: NatsServer) -> None:
    gateway = started("--nats-urls", nats_server.url, "--roles", "relay")
    line = gateway.wait_for("gateway_ready")
    assert "grpc" not in line
    assert gateway.end() == 0


def test_an_address_in_use_is_said_and_ends_it_with_1(
    started: Any, nats_server: NatsServer, etcd_server: EtcdServer
) -> None:
    first = started(*bus_flags(nats_server, etcd_server))
    first.wait_for("gateway_ready")
    second = started(*bus_flags(nats_server, etcd_server), grpc_port=first.grpc_port)
    second.wait_for("cannot_start")
    assert second.process.wait(20) == 1


TOO_MANY_SETS = "\n".join(f"callback_header_sets.a.s{number} = {{X-A = 'hush'}}" for number in range(65))


@pytest.mark.parametrize(
    ("flags", "environment", "file", "sentence"),
    [
        (["--nats-ulrs", "x"], {}, "", "unknown flag --nats-ulrs on the command line; did you mean --nats-urls?"),
        ([], {"CODERUNNER_GATEWAY_QUEUE_LIMT": "1"}, "", "did you mean CODERUNNER_GATEWAY_QUEUE_LIMIT?"),
        ([], {}, "queue_limt = 1", "did you mean queue_limit?"),
        (["--queue-limit", "many"], {}, "", "the setting queue_limit is wrong"),
        (["--roles", "api,realy"], {}, "", "the setting roles.1 is wrong"),
        (["--callback-allowed-networks", "10.0.0.1/8"], {}, "", "callback_allowed_networks"),
        ([], {}, "[max_limits]\ncpu = 1", "there is no limit named cpu"),
        ([], {}, "[max_limits]\ncpu_ms = 1", "the default of cpu_ms must lie between"),
        ([], {}, '[tokens]\na = "x"\nb = "x"', "the token of client b is empty or another client's"),
        ([], {}, "queue_limit = ", "is not TOML"),
        ([], {"CODERUNNER_GATEWAY_SEAL_SECRETS": "hush"}, "", "seal_secrets: at most 8 keys of at least 32 characters"),
        ([], {"CODERUNNER_GATEWAY_CALLBACK_SECRET": "whsec_é"}, "", "callback_secret: secret 1 is not base64"),
        ([], {}, '[callback_secrets]\nblog = "whsec_hush"', "there is no client blog in tokens"),
        ([], {}, 'tokens = {a = "x"}\ncallback_secrets = {a = ["whsec_hush"]}', "client a: secret 1 has 3 bytes"),
        ([], {}, 'tokens = {a = "x"}\ncallback_headers.a = {Host = "hush"}', "client a: the header Host is not for"),
        ([], {}, 'tokens = {a = "x"}\ncallback_headers.a = {X-A = "hush\\n"}', "client a: the value of header X-A"),
        ([], {}, 'tokens = {a = "x"}\ncallback_headers.a = ["hush"]', "the setting callback_headers.a is wrong"),
        ([], {}, "callback_header_sets.b.s = {X-A = 'hush'}", "there is no client b in tokens"),
        (
            [],
            {},
            'tokens = {a = "x"}\ncallback_header_sets.a.s = {Host = "hush"}',
            "client a, s: the header Host is not",
        ),
        ([], {}, 'tokens = {a = "x"}\ncallback_header_sets.a.s = {X-A = "hush\\n"}', "a, s: the value of header X-A"),
        ([], {}, 'tokens = {a = "x"}\ncallback_header_sets.a."s t" = {X-A = "hush"}', "client a: a name must have"),
        ([], {}, 'tokens = {a = "x"}\ncallback_header_sets.a.s = "hush"', "the setting callback_header_sets.a.s is"),
        ([], {}, f'tokens = {{a = "x"}}\n{TOO_MANY_SETS}', "callback_header_sets of client a: at most 64"),
        ([], {"CODERUNNER_GATEWAY_CALLBACK_SECRETS": "hush"}, "", "callback_secrets"),
        (["--callback-ca-file", "/nowhere.pem"], {}, "", "callback_ca_file: /nowhere.pem is no PEM file"),
    ],
)
def test_a_wrong_configuration_is_one_sentence_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    environment: dict[str, str],
    file: str,
    sentence: str,
) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(file)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["coderunner-gateway", "--config", str(path), *flags])
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # this process's logging is pytest's
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in said
    assert "hush" not in said
    assert said.startswith("coderunner-gateway: ")
    assert said.count("\n") == 1
