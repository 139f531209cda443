"""``coderunner doctor`` and the checks it is made of."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import docker
import pytest
from grpc_health.v1 import health_pb2

from coderunner.cli.doctor import engine, host, services
from coderunner.cli.doctor.finding import Finding, State
from coderunner.v1 import catalog_pb2
from tests.fakes.answers import NODE, ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.command import Cli


@contextmanager
def answering(greeting: bytes) -> Iterator[str]:
    """Says ``greeting`` to whoever connects, as host:port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(0.05)  # an HTTP client speaks first
                    with suppress(TimeoutError):
                        connection.recv(4096)
                    connection.sendall(greeting)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def page(document: object) -> bytes:
    body = json.dumps(document).encode()
    return b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body


def states(findings: Iterator[Finding]) -> list[tuple[State, str]]:
    return [(finding.state, finding.says) for finding in findings]


def test_this_python_and_its_packages_are_fine() -> None:
    assert [finding.state for finding in host.python()] == [State.OK]
    assert [finding.state for finding in host.packages()] == [State.OK]


def test_a_missing_and_an_old_package_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_requirements", lambda: ["no-such-package>=1", "click>=99,<100", "grpcio>=1.60"])
    (finding,) = host.packages()
    assert finding.state is State.WRONG
    assert "no-such-package is missing" in finding.says
    assert "needed is >=99,<100" in finding.says
    assert "grpcio" not in finding.says
    assert finding.mend == "make setup"


def test_a_full_disk_is_wrong_and_a_small_one_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    for free, state in ((10 << 30, State.OK), (2 << 30, State.WARNING), (1 << 20, State.WRONG)):
        monkeypatch.setattr(shutil, "disk_usage", lambda folder, free=free: SimpleNamespace(free=free))
        assert [finding.state for finding in host.disk(("/", "/no/such/folder"))] == [state]


def test_a_clock_in_the_past_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert [finding.state for finding in host.clock()] == [State.WRONG]


@pytest.mark.parametrize(
    ("greeting", "state", "words"),
    [
        (b'INFO {"version":"2.15.1","jetstream":true}\r\n', State.OK, "JetStream on"),
        (b'INFO {"version":"2.15.1"}\r\n', State.WRONG, "without JetStream"),
        (b'INFO {"version":"2.10.4","jetstream":true}\r\n', State.WRONG, "too old"),
        (b"220 mail\r\n", State.WRONG, "is not NATS"),
        (b"", State.WRONG, "is not NATS"),
    ],
)
def test_nats_is_judged_by_its_greeting(
    monkeypatch: pytest.MonkeyPatch, greeting: bytes, state: State, words: str
) -> None:
    with answering(greeting) as address:
        monkeypatch.setenv("CODERUNNER_GATEWAY_NATS_URLS", f"nats://{address}")
        ((found, says),) = states(services.nats())
    assert found is state
    assert words in says


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (page({"health": "true", "etcdserver": "3.5.21"}), State.OK, "3.5.21"),
        (page({"health": "true", "etcdserver": "3.5.1"}), State.WARNING, "may corrupt data"),
        (page({"health": "false", "reason": "NOSPACE"}), State.WRONG, "NOSPACE"),
        (page([]), State.WRONG, "something else"),
        (b"220 mail\r\n", State.WRONG, "something else"),
    ],
)
def test_etcd_is_judged_by_its_health(monkeypatch: pytest.MonkeyPatch, answer: bytes, state: State, words: str) -> None:
    with answering(answer) as address:
        monkeypatch.setenv("CODERUNNER_GATEWAY_ETCD_ENDPOINTS", address)
        ((found, says),) = states(services.etcd())
    assert found is state
    assert words in says


def test_what_does_not_listen_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b"") as address:
        pass
    monkeypatch.setenv("CODERUNNER_GATEWAY_NATS_URLS", f"{address},nats://host:port")
    monkeypatch.setenv("CODERUNNER_GATEWAY_ETCD_ENDPOINTS", address)
    monkeypatch.setenv("CODERUNNER_GATEWAY_HTTP_ADDRESS", address)
    (first, second), (etcd,), (metrics,) = services.nats(), services.etcd(), services.metrics()
    assert "nothing listens there" in first.says
    assert "is not an address" in second.says
    assert "nothing listens there" in etcd.says
    assert "nothing listens there" in metrics.says
    assert all(finding.state is State.WRONG and finding.mend for finding in (first, second, etcd, metrics))


def test_an_engine_that_is_not_there_is_said_with_how_to_install_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    (finding,) = engine.engine()
    assert finding.state is State.WRONG
    assert "docker.io" in finding.mend
    assert [finding.state for finding in engine.images()] == [State.SKIPPED]


def test_on_a_clients_machine_what_belongs_to_servers_is_skipped_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "is_clients_machine", lambda: True)
    monkeypatch.setattr(services, "is_clients_machine", lambda: True)
    for check in (engine.engine, engine.images, services.nats, services.etcd, services.metrics):
        ((state, says),) = states(check())
        assert state is State.SKIPPED
        assert says.startswith("this is a client's machine")


def test_a_server_that_a_setting_names_is_looked_at_from_a_clients_machine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "is_clients_machine", lambda: True)
    with answering(b'INFO {"version":"2.15.1","jetstream":true}\r\n') as address:
        monkeypatch.setenv("CODERUNNER_GATEWAY_NATS_URLS", f"nats://{address}")
        assert [state for state, _ in states(services.nats())] == [State.OK]


def test_an_engine_without_seccomp_or_limits_is_wrong() -> None:
    found = {finding.part: finding.state for finding in engine._abilities({"MemoryLimit": True})}
    assert found == {"seccomp": State.WRONG, "cgroup": State.WRONG, "runtime": State.OK}


def test_each_missing_image_is_named_with_what_builds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    image = SimpleNamespace(tags=["coderunner/python:latest"])
    client = SimpleNamespace(images=SimpleNamespace(list=lambda: [image]), close=lambda: None)
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")  # nothing must be asked there
    monkeypatch.setattr(docker, "from_env", lambda timeout: client)
    findings = list(engine.images())
    assert "coderunner/java for java is missing" in [finding.says for finding in findings]
    assert not [finding for finding in findings if "coderunner/python" in finding.says]
    assert findings[0].mend.startswith("python -m sandbox.builder --only ")


def test_a_working_gateway_says_hello_in_each_language(gateway: FakeGateway, coderunner: Cli) -> None:
    done = coderunner("doctor", "--only", "gateway")
    assert done.returncode == 0, done.stdout
    assert "node-1 on host-a: READY" in done.stdout
    assert "python 3.13.5 says hello in" in done.stdout
    assert "cpp 14.2.0 says hello in" in done.stdout


def test_a_gateway_that_has_lost_the_bus_is_wrong(gateway: FakeGateway, coderunner: Cli) -> None:
    gateway.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    done = coderunner("doctor", "--only", "gateway")
    assert done.returncode == 1
    assert "NOT_SERVING" in done.stdout


def test_a_language_that_fails_is_wrong_and_names_the_task(gateway: FakeGateway, coderunner: Cli) -> None:
    gateway.script = lambda task: Script(ran("", "INTERNAL_ERROR"))
    gateway.languages = gateway.languages[:1]
    done = coderunner("doctor", "--only", "gateway", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["ok"] is False
    (check,) = [check for check in report["checks"] if check["part"] == "languages"]
    assert check["state"] == "wrong"
    assert check["mend"].startswith("coderunner task t-")


def test_no_node_and_a_node_in_alarm_are_told_apart(gateway: FakeGateway, coderunner: Cli) -> None:
    alarmed = catalog_pb2.Node()
    alarmed.CopyFrom(NODE)
    alarmed.alarms.append("memory over 90 %")
    gateway.nodes, gateway.languages = [], []
    assert coderunner("doctor", "--only", "gateway").returncode == 1
    gateway.nodes, gateway.languages = [alarmed], FakeGateway().languages
    done = coderunner("doctor", "--only", "gateway")
    assert done.returncode == 0
    assert "memory over 90 %" in done.stdout


def test_a_wrong_token_is_said(gateway: FakeGateway, coderunner: Cli) -> None:
    gateway.token = "secret"
    done = coderunner("doctor", "--only", "gateway")
    assert done.returncode == 1
    assert "CODERUNNER_TOKEN" in done.stdout


def test_with_everything_away_each_part_is_reported_and_nothing_breaks(
    gateway: FakeGateway, coderunner: Cli, environment: dict[str, str], tmp_path: Path
) -> None:
    gateway.stop()
    environment |= {
        "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
        "CODERUNNER_GATEWAY_NATS_URLS": "nats://127.0.0.1:1",
        "CODERUNNER_GATEWAY_ETCD_ENDPOINTS": "127.0.0.1:1",
        "CODERUNNER_GATEWAY_HTTP_ADDRESS": "127.0.0.1:1",
    }
    done = coderunner("doctor", "--json")
    assert done.returncode == 1
    assert done.stderr == ""
    checks = {check["part"]: check["state"] for check in json.loads(done.stdout)["checks"]}
    assert [part for part, state in checks.items() if state == "wrong"] == [
        "docker",
        "nats",
        "etcd",
        "metrics",
        "gateway",
    ]
    assert [part for part, state in checks.items() if state == "skipped"] == ["images", "nodes", "languages"]


def test_a_missing_package_is_a_finding_and_no_crash(
    coderunner: Cli, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "grpc.py").write_text("raise ImportError('no grpc here')")
    environment["PYTHONPATH"] = f"{tmp_path}{':'}{environment['PYTHONPATH']}"
    done = coderunner("doctor", "--only", "gateway", "--only", "python")
    assert done.returncode == 1
    assert "cannot be asked: no grpc here" in done.stdout
    assert sys.executable in done.stdout
