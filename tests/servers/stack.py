"""Gateways and nodes as real processes, with the bus and the directory that they share."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderunner import Client
from dev import engine_api
from dev.settings import write_toml
from tests.servers.etcd import EtcdCluster, EtcdServer, ask_for_passwords, etcd_password
from tests.servers.nats import PASSWORDS, REPOSITORY, NatsCluster, NatsServer
from tests.servers.ports import free_port
from tests.servers.process import POLL_S, ServerProcess

NO_ALARMS = {"cpu_alarm_percent": 101, "memory_alarm_percent": 101, "disk_alarm_percent": 101}
"""A busy test machine must not make its nodes take less."""
SEAL_SECRET = "the seal of all gateways of a test, which no node has"
NODES_AT_ONCE = 8
"""So many nodes' users are made at a time: a test may add one while etcd is away."""
NODE_START_TIMEOUT_S = 300.0
"""It may have to create containers for every language on a busy or a slow machine."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where a version's programs are, and the Python that runs them."""

    root: Path
    python: Path

    @property
    def env(self) -> dict[str, str]:
        """The variables by which its Python finds its programs; the folder where it is started is not looked at
        (``-P``)."""
        return {"PYTHONPATH": str(self.root)}

    def file_of(self, module: str) -> Path:
        """The file that this version's Python takes a module from."""
        asked = f"import importlib.util as u; print(u.find_spec({module!r}).origin)"
        command = [str(self.python), "-P", "-c", asked]
        return Path(subprocess.run(command, env=self.env, capture_output=True, text=True, check=True).stdout.strip())


OURS = Checkout(REPOSITORY, Path(sys.executable))


class Daemon(ServerProcess):
    """A part of CodeRunner, started as ``python -m MODULE --config FILE``; ready when ``/readyz`` says so."""

    def __init__(
        self, name: str, module: str, directory: Path, settings: Mapping[str, object], checkout: Checkout
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.settings = {"http_address": f"127.0.0.1:{free_port()}", **settings}
        probed = self.settings.get("health_address") or self.settings["http_address"]
        self.http_port = int(str(probed).rpartition(":")[2])
        """Where it says how it is."""
        self.config = directory / f"{name}.toml"
        write_toml(self.config, self.settings)
        command = [str(checkout.python), "-P", "-m", module, "--config", str(self.config)]
        super().__init__(name, command, directory / f"{name}.log", checkout.env)

    def is_ready(self) -> bool:
        return self.get("/readyz")[0] == http.HTTPStatus.OK

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of its HTTP endpoint: ``/readyz``, ``/healthz``, ``/metrics``. Raises OSError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=2)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()


class Gateway(Daemon):
    def __init__(self, name: str, directory: Path, settings: Mapping[str, object], checkout: Checkout = OURS) -> None:
        self.grpc_port = free_port()
        super().__init__(name, "broker_gateway.main", directory, {"grpc_address": self.target, **settings}, checkout)

    @property
    def target(self) -> str:
        """``host:port`` of its gRPC API."""
        return f"127.0.0.1:{self.grpc_port}"

    @property
    def http_target(self) -> str:
        """``host:port`` of its API over HTTP."""
        return f"127.0.0.1:{self.http_port}"

    @property
    def serves_api(self) -> bool:
        """False for a relay or a projector alone."""
        roles = self.settings.get("roles", ["api"])
        return isinstance(roles, list) and "api" in roles

    def client(self, token: str | None = None) -> Client:
        """Close it, or use it as an asynchronous context manager."""
        return Client(self.target, token=token)


class Node(Daemon):
    def __init__(self, name: str, directory: Path, settings: Mapping[str, object], checkout: Checkout = OURS) -> None:
        super().__init__(name, "node.main", directory, {"node_id": name, **NO_ALARMS, **settings}, checkout)

    def wait_ready(self, timeout_s: float = NODE_START_TIMEOUT_S) -> None:
        super().wait_ready(timeout_s)

    def remove_containers(self) -> None:
        """Whatever it left in the engine: nothing after a clean stop but stopped containers, anything after a kill."""
        with contextlib.suppress(OSError):  # no engine: nothing can be left in it
            engine_api.remove_containers(f"coderunner.node={self.name}")


class Stack:
    """Add gateways and nodes as a test needs them; ``close`` ends all and removes the nodes' containers."""

    def __init__(self, directory: Path, nats: NatsServer | NatsCluster, etcd: EtcdServer | EtcdCluster) -> None:
        self.nats, self.etcd = nats, etcd
        self.gateways: list[Gateway] = []
        self.nodes: list[Node] = []
        self._directory = directory
        self._run = secrets.token_hex(3)
        self._etcd_nodes: list[str] = []

    @property
    def processes(self) -> Sequence[ServerProcess]:
        return [*self.nats.members, *self.etcd.members, *self.gateways, *self.nodes]

    def add_gateway(self, *, wait: bool = True, **settings: object) -> Gateway:
        """A running gateway; ``settings`` as in its TOML file."""
        gateway = self.gateway_of(OURS, **settings)
        gateway.start(wait=wait)
        return gateway

    def add_node(self, *, wait: bool = True, **settings: object) -> Node:
        """A running node with a name that no other run uses; ``settings`` as in its TOML file."""
        node = self.node_of(OURS, **settings)
        node.start(wait=wait)
        return node

    def gateway_of(self, checkout: Checkout, /, **settings: object) -> Gateway:
        """A gateway of that version, which is not started yet."""
        name = f"gateway-{len(self.gateways) + 1}"
        usual = {**self._shared("gateway", "gateway"), "seal_secrets": [SEAL_SECRET]}
        self.gateways.append(Gateway(name, self._directory, {**usual, **settings}, checkout))
        return self.gateways[-1]

    def node_of(self, checkout: Checkout, /, **settings: object) -> Node:
        """A node of that version, which is not started yet."""
        name = f"test-{self._run}-{len(self.nodes) + 1}"
        usual = {**self._shared("node", name), "state_dir": str(self._directory / f"{name}-state")}
        self.nodes.append(Node(name, self._directory, {**usual, **settings}, checkout))
        return self.nodes[-1]

    def client(self) -> Client:
        """Of the first gateway."""
        return self.gateways[0].client()

    async def wait_served(self, *languages: str, timeout_s: float = 60, token: str | None = None) -> None:
        """Returns once every gateway offers the languages. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            for gateway in (one for one in self.gateways if one.serves_api):
                async with gateway.client(token) as client:
                    while not set(languages) <= {one.name for one in await client.languages()}:  # noqa: ASYNC110  # another process
                        await asyncio.sleep(POLL_S)

    def close(self) -> None:
        for daemon in (*self.nodes, *self.gateways):
            daemon.stop()
        for node in self.nodes:
            node.remove_containers()
        self.etcd.stop()
        self.nats.stop()

    def ask_for_passwords(self) -> None:
        """Has etcd know the users of the next nodes, and ask everybody for a password."""
        while len(self._etcd_nodes) <= len(self.nodes):
            first = len(self._etcd_nodes) + 1
            more = [f"test-{self._run}-{number}" for number in range(first, first + NODES_AT_ONCE)]
            ask_for_passwords(self.etcd.endpoints[0], more)
            self._etcd_nodes += more

    def _shared(self, role: str, etcd_user: str) -> dict[str, Any]:
        self.ask_for_passwords()
        return {
            "nats_urls": self.nats.urls,
            "nats_user": role,
            "nats_password": PASSWORDS[role],
            "etcd_endpoints": self.etcd.endpoints,
            "etcd_user": etcd_user,
            "etcd_password": etcd_password(etcd_user),
        }
