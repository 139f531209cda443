"""From a token to a task: ``coderunner-node join``, the node that it leaves, a real gateway, bus and directory."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker_gateway.certificates import AUTHORITY, certificate_file, key_file, make_certificates
from broker_gateway.nats_joins import account_file
from coderunner import Client, GatewayUnavailable, Operator
from tests.integration.node.join_process import join_process
from tests.servers import EtcdServer, NatsServer
from tests.servers.command import environment_for, run_command
from tests.servers.etcd import ETCD_PASSWORDS
from tests.servers.nats import REPOSITORY
from tests.servers.ports import free_port
from tests.servers.process import ServerProcess
from tests.servers.stack import NO_ALARMS, Stack
from tests.servers.waiting import eventually

PATIENCE_S = 60.0
ADMIN = "chief-token"


@dataclass(frozen=True)
class Cluster:
    """A bus and a directory that ask who comes, and a gateway with TLS that lets machines join."""

    stack: Stack
    target: str
    folder: Path

    def environment(self, token: str) -> dict[str, str]:
        return environment_for(self.target, token)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    tls, account = tmp_path / "tls", tmp_path / "account"
    make_certificates(tls, {"gateway": ["localhost", "127.0.0.1"]})
    monkeypatch.setenv("CODERUNNER_TLS_CA", str(certificate_file(tls, AUTHORITY)))
    nats, etcd = NatsServer(tmp_path, roles=True, joins=account), EtcdServer(tmp_path)
    stack = Stack(tmp_path, nats, etcd)
    try:
        nats.start()
        etcd.start()
        stack.ask_for_passwords()
        gateway = stack.add_gateway(
            tokens={"chief": ADMIN},
            admins=["chief"],
            api_keys=True,
            history_url=f"sqlite:///{tmp_path}/history.db",
            history_migrate=True,
            roles=["api"],
            tls_certificate=str(certificate_file(tls, "gateway")),
            tls_key=str(key_file(tls, "gateway")),
            nats_account_nkey=str(account_file(account)),
            etcd_root_password=ETCD_PASSWORDS["root"],
        )
        yield Cluster(stack, f"https://localhost:{gateway.grpc_port}", tmp_path)
    finally:
        stack.close()


class Worker(ServerProcess):
    """The node that a join left, with simulated sandboxes; its settings are those of the file alone."""

    def __init__(self, settings: Path) -> None:
        self.http_port = free_port()
        own = {"sandbox": "simulated", "http_address": f"127.0.0.1:{self.http_port}", **NO_ALARMS}
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in own.items())
        settings.write_text(f"{settings.read_text()}\n{lines}")
        command = [sys.executable, "-P", "-m", "node.command_line", "--config", str(settings)]
        super().__init__("joined", command, settings.with_suffix(".log"), {"PYTHONPATH": str(REPOSITORY)})

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        finally:
            connection.close()


async def test_a_machine_with_a_token_runs_tasks_after_one_command(cluster: Cluster, tmp_path: Path) -> None:
    directory = tmp_path / "lab"
    token = await token_to_join(cluster)
    typed = ("--gateway", cluster.target, "--directory", str(directory), "--node-id", "lab-1")
    joined = await asyncio.to_thread(join_process, *typed, environment=cluster.environment(token))
    assert joined.returncode == 0, joined.stderr
    worker = Worker(directory / "node.toml")
    try:
        worker.start()
        async with Client(cluster.target, ADMIN) as client:
            assert (await client.run("python", "print(6 * 7)")).node_id == "lab-1"
            again = await asyncio.to_thread(join_process, *typed, environment=cluster.environment(token))
            assert (again.returncode, f"{directory} is as it was" in again.stdout) == (0, True), again.stderr
            assert (await client.run("python", "print(6 * 7)")).status == "SUCCEEDED"
    finally:
        worker.stop()


async def test_a_token_to_join_does_nothing_else_and_no_other_joins(cluster: Cluster, tmp_path: Path) -> None:
    token = await token_to_join(cluster)
    done = await asyncio.to_thread(run_command, ("tasks",), cluster.environment(token), tmp_path)
    assert done.returncode == 77
    typed = ("--gateway", cluster.target, "--directory", str(tmp_path / "lab"))
    forged = await asyncio.to_thread(join_process, *typed, environment=cluster.environment("cr_forged"))
    assert (forged.returncode, "does not let this token join" in forged.stderr) == (2, True)
    closed = await asyncio.to_thread(join_process, *typed, "--pools", "gpu", environment=cluster.environment(token))
    assert (closed.returncode, " refuses: " in closed.stderr, "pools" in closed.stderr) == (2, True, True)


async def token_to_join(cluster: Cluster) -> str:
    """By the command that an administrator types."""
    async with Operator(cluster.target, ADMIN, patience_s=1.0) as chief:

        async def has_its_tables() -> bool:
            try:
                return [key async for key in chief.keys(limit=1)] == []
            except GatewayUnavailable:
                return False

        await eventually(has_its_tables, PATIENCE_S)
    typed = ("keys", "create", "--client", "lab", "--role", "join", "--expires", "1h", "--json")
    done = await asyncio.to_thread(run_command, typed, cluster.environment(ADMIN), cluster.folder)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["secret"])
