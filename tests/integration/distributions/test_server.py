"""``pip install coderunner-server`` in an empty environment: gateway and worker on a real bus, directory and engine."""

from __future__ import annotations

import http.client
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coderunner import Client
from dev import engine_api
from dev.paths import REPOSITORY
from dev.settings import write_toml
from tests.integration.distributions.environments import Environment
from tests.servers.etcd import EtcdServer
from tests.servers.nats import PASSWORDS, NatsServer
from tests.servers.ports import free_port
from tests.servers.process import ServerProcess
from tests.servers.stack import NO_ALARMS, NODE_START_TIMEOUT_S
from tests.servers.waiting import eventually


class Installed(ServerProcess):
    """One of the environment's daemons with a configuration file; ready when ``/readyz`` says so."""

    def __init__(self, environment: Environment, program: str, settings: dict[str, object]) -> None:
        self.http_port = free_port()
        config = environment.workplace / f"{program}.toml"
        write_toml(config, {"http_address": f"127.0.0.1:{self.http_port}", **settings})
        command = ["env", "-C", str(environment.workplace), "-u", "PYTHONPATH", environment.program(program)]
        super().__init__(program, [*command, "--config", str(config)], config.with_suffix(".log"))

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except http.client.HTTPException:
            return False
        finally:
            connection.close()


@pytest.fixture
def bus(tmp_path: Path, server_environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Iterator[NatsServer]:
    """A nats-server with the configuration that the installed gateway prints."""
    config = tmp_path / "nats.conf"
    config.write_text(server_environment.run("coderunner-gateway", "nats-conf").stdout, encoding="utf-8")
    monkeypatch.setattr("tests.servers.nats.CONFIG", config)
    server = NatsServer(tmp_path, roles=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def shared(bus: NatsServer, etcd_server: EtcdServer) -> dict[str, object]:
    return {"nats_urls": bus.urls, "etcd_endpoints": etcd_server.endpoints}


@pytest.fixture
def gateway(server_environment: Environment, shared: dict[str, object]) -> Iterator[str]:
    """``host:port`` of an installed gateway."""
    target = f"127.0.0.1:{free_port()}"
    role = {"nats_user": "gateway", "nats_password": PASSWORDS["gateway"]}
    daemon = Installed(server_environment, "coderunner-gateway", {**shared, **role, "grpc_address": target})
    daemon.start()
    yield target
    assert daemon.stop() == 0, daemon.tail()


@pytest.fixture
def node(server_environment: Environment, shared: dict[str, object], docker_engine: object) -> Iterator[str]:
    """The name of an installed worker that runs Python."""
    name = f"test-{secrets.token_hex(4)}"
    role = {"nats_user": "node", "nats_password": PASSWORDS["node"]}
    own = {"node_id": name, "languages": ["python"], "state_dir": str(server_environment.workplace), **NO_ALARMS}
    daemon = Installed(server_environment, "coderunner-node", {**shared, **role, **own})
    try:
        daemon.start(wait=False)
        daemon.wait_ready(NODE_START_TIMEOUT_S)
        yield name
        assert daemon.stop(60) == 0, daemon.tail()
    finally:
        daemon.kill()
        engine_api.remove_containers(f"coderunner.node={name}")


async def test_an_installed_gateway_and_worker_run_a_program_without_a_checkout(gateway: str, node: str) -> None:
    async with Client(gateway) as client:

        async def is_served() -> bool:
            return "python" in {language.name for language in await client.languages()}

        await eventually(is_served, within_s=60)
        execution = await client.run("python", "print(6 * 7)")
    assert execution.run is not None
    assert (execution.status, execution.run.stdout, execution.node_id) == ("SUCCEEDED", "42\n", node)


def test_the_installed_images_are_those_of_the_checkout(server_environment: Environment, docker_engine: object) -> None:
    """Contents and executable bits survive the wheel: what the checkout has built is current."""
    command = [sys.executable, "-m", "sandbox.builder", "--only", "bash,python"]
    subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True)
    done = server_environment.run("coderunner-node", "images", "build", "--only", "bash,python")
    assert {line.rpartition(": ")[2] for line in done.stdout.splitlines()} == {"is current"}


def test_the_printed_configuration_of_the_bus_is_the_repositorys(server_environment: Environment) -> None:
    printed = server_environment.run("coderunner-gateway", "nats-conf").stdout
    assert printed == (REPOSITORY / "nats.conf").read_text(encoding="utf-8")


def test_every_module_of_the_server_can_be_imported(server_environment: Environment) -> None:
    walk = (
        "import importlib, pkgutil; "
        "names = ('broker_gateway', 'chassis', 'node', 'sandbox', 'schemas'); "
        "found = [m.name for n in names "
        "for m in pkgutil.walk_packages(importlib.import_module(n).__path__, n + '.')]; "
        "[importlib.import_module(name) for name in found "
        "if not name.endswith(('__main__', 'migrations.env', 'chassis.otel'))]"
    )  # two are programs: Alembic runs the second, as a test below has it do; the third needs the extra ``tracing``
    assert server_environment.run("python", "-c", walk).stderr == ""


@pytest.mark.parametrize("program", ["coderunner-gateway", "coderunner-node"])
def test_who_sets_a_collector_without_the_extra_is_told_what_to_install(
    server_environment: Environment, program: str, tmp_path: Path
) -> None:
    of_node = ["--sandbox", "simulated", "--state-dir", str(tmp_path)] if program == "coderunner-node" else []
    arguments = ["--tracing-endpoint", "http://127.0.0.1:4318", *of_node]
    done = server_environment.run(program, *arguments, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    *warnings, last = done.stderr.splitlines()
    assert last.startswith(f"{program}: tracing_endpoint: pip install 'coderunner-server[tracing]'")
    assert "Traceback" not in "".join(warnings)


def test_an_installed_gateway_brings_a_database_up_to_date(server_environment: Environment, tmp_path: Path) -> None:
    program = (
        "import asyncio; from broker_gateway.infrastructure.history.migration import migrate; "
        f"asyncio.run(migrate('sqlite:///{tmp_path}/history.db'))"
    )
    assert server_environment.run("python", "-c", program).stderr == ""
    with closing(sqlite3.connect(tmp_path / "history.db")) as database:
        assert database.execute("SELECT count(*) FROM tasks").fetchone() == (0,)
