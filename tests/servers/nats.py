"""nats-server with JetStream: one, or a cluster of three."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client

from broker_gateway import nats_conf, nats_joins, nats_keys
from dev.programs import find_program
from dev.settings import SHARED_CORES
from tests.servers.ports import free_port
from tests.servers.process import POLL_S, START_TIMEOUT_S, ServerProcess

REPOSITORY = Path(__file__).parents[2]
CONFIG = REPOSITORY / "nats.conf"
ROLES = ("gateway", "node", "operator", "system")
POOLS = ("default", "simulated", "first", "second", "doomed", "heirs", "real")
"""The pools of tests that start a stack of their own; a node's user takes the tasks of no other."""
NODES: Mapping[str, Sequence[str]] = {"node": POOLS}
"""The users of nodes that a test's server has, and their pools."""
ANY_POOL = "any-pool"
"""A pool by which a user may take from all: for servers that tests with pools of their own share."""
PASSWORDS = {role: f"test-{role}-password" for role in ROLES}


def password_variable(role: str) -> str:
    """The environment variable from which nats.conf takes the role's password."""
    return f"CODERUNNER_NATS_{role.upper()}_PASSWORD"


def config_for(nodes: Mapping[str, Sequence[str]]) -> str:
    """The repository's nats.conf with these users."""
    text = nats_conf.with_nodes(CONFIG.read_text(encoding="utf-8"), nodes)
    return re.sub(rf"{ANY_POOL}[\w-]*", "*", text)


class NatsServer(ServerProcess):
    """On a free port with its store in ``directory``. ``roles`` starts it with the repository's nats.conf: then only
    its users may connect (``url_as``, ``connect(role)``)."""

    def __init__(
        self,
        directory: Path,
        *,
        name: str = "nats",
        roles: bool = False,
        extra: Sequence[str] = (),
        port: int = 0,
        nodes: Mapping[str, Sequence[str]] = NODES,
        keys: Path | None = None,
        joins: Path | None = None,
    ) -> None:
        """``nodes``: the users of nodes, and the pools that each may take tasks from. ``keys``: where the seeds are by
        which they and the gateway enter, in place of passwords. ``joins``: where the account's seed is by which
        gateways let in nodes that joined."""
        directory.mkdir(parents=True, exist_ok=True)
        self._nodes = nodes
        self._keys = keys
        self._joins = joins
        self._config = directory / f"{name}.conf"
        self.port = port or free_port()
        self.monitor_port = free_port()
        self.roles = roles
        self._store = directory / f"{name}-store"
        super().__init__(name, self._command(name, extra), directory / f"{name}.log", self._environment())

    @property
    def url(self) -> str:
        """Without credentials."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def urls(self) -> list[str]:
        """As a cluster has them."""
        return [self.url]

    @property
    def members(self) -> list[NatsServer]:
        return [self]

    def url_as(self, role: str) -> str:
        """With the role's user and password where the server asks for them."""
        return f"nats://{role}:{PASSWORDS.get(role, f'p-{role}')}@127.0.0.1:{self.port}" if self.roles else self.url

    async def connect(self, role: str = "operator", **options: Any) -> Client:
        """A nats-py client; ``options`` as ``nats.connect`` takes them."""
        if self.roles:
            options.setdefault("inbox_prefix", f"_INBOX_{role}")
        return await nats.connect(self.url_as(role), **options)

    def is_ready(self) -> bool:
        """True once JetStream is up (in a cluster: and has a leader that this server follows)."""
        return self.monitor("/healthz").get("status") == "ok"

    def monitor(self, path: str) -> Mapping[str, object]:
        """What the monitoring endpoint says: ``/jsz``, ``/varz``, ``/connz``, ``/healthz``. Raises OSError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.monitor_port, timeout=2)
        try:
            connection.request("GET", path)
            answer: dict[str, object] = json.loads(connection.getresponse().read())
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()
        return answer

    def _command(self, name: str, extra: Sequence[str]) -> list[str]:
        if self.roles:
            self._config.write_text(self._text(), encoding="utf-8")
        config = ["-c", str(self._config)] if self.roles else ["-js", "-sd", str(self._store)]
        listen = ["-a", "127.0.0.1", "-p", str(self.port), "-m", str(self.monitor_port)]
        return [str(find_program("nats-server")), *config, *listen, "--server_name", name, *extra]

    def _text(self) -> str:
        text = config_for(self._nodes)
        if self._keys is not None:
            text = nats_keys.with_public_keys(text, nats_keys.public_keys(self._keys, ("gateway", *self._nodes)))
        return text if self._joins is None else nats_joins.with_joins(text, self._joins)

    def _environment(self) -> dict[str, str]:
        """All servers of a test, or of a measurement, share the machine with what is tested or measured."""
        if not self.roles:
            return SHARED_CORES
        return {"CODERUNNER_NATS_STORE": str(self._store), **SHARED_CORES} | {
            **{password_variable(role): PASSWORDS[role] for role in ROLES},
            **{nats_conf.password_variable(node): PASSWORDS.get(node, f"p-{node}") for node in self._nodes},
        }


class NatsCluster:
    """Three servers with routes between them; streams may have three replicas."""

    def __init__(
        self,
        directory: Path,
        *,
        size: int = 3,
        roles: bool = False,
        nodes: Mapping[str, Sequence[str]] = NODES,
        joins: Path | None = None,
    ) -> None:
        """As ``NatsServer``'s."""
        route_ports = [free_port() for _ in range(size)]
        routes = ",".join(f"nats://127.0.0.1:{port}" for port in route_ports)
        self.servers = [
            NatsServer(
                directory / f"nats-{index}",
                name=f"nats-{index}",
                roles=roles,
                nodes=nodes,
                joins=joins,
                extra=["--cluster_name", "coderunner", "--cluster", f"nats://127.0.0.1:{port}", "--routes", routes],
            )
            for index, port in enumerate(route_ports)
        ]

    @property
    def members(self) -> list[NatsServer]:
        return self.servers

    @property
    def urls(self) -> list[str]:
        """Without credentials."""
        return [server.url for server in self.servers]

    def urls_as(self, role: str) -> list[str]:
        return [server.url_as(role) for server in self.servers]

    async def connect(self, role: str = "operator", **options: Any) -> Client:
        """As ``NatsServer.connect``, to whichever server answers."""
        options.setdefault("inbox_prefix", f"_INBOX_{role}")
        return await nats.connect(self.urls_as(role), **options)

    def start(self) -> None:
        """Return once every server has joined and JetStream has a leader."""
        for server in self.servers:
            server.start(wait=False)
        for server in self.servers:
            server.wait_ready()

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def leader_of(self, stream: str, timeout_s: float = START_TIMEOUT_S) -> NatsServer:
        """The server that leads the stream, once there is one. Raises LookupError after ``timeout_s``."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for server in self.servers:
                if server.running and _leader_name(server.monitor("/jsz?streams=1&accounts=1"), stream) == server.name:
                    return server
            time.sleep(POLL_S)
        raise LookupError(f"no leader of {stream} within {timeout_s} s")


def _leader_name(jsz: Mapping[str, object], stream: str) -> str:
    accounts = jsz.get("account_details") or []
    assert isinstance(accounts, list)
    for account in accounts:
        for detail in account.get("stream_detail") or []:
            if detail["name"] == stream:
                return str((detail.get("cluster") or {}).get("leader", ""))
    return ""
