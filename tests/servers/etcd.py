"""etcd: one, or a cluster of three."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chassis.etcd_users import ROOT, EtcdUsers
from dev.programs import find_program
from schemas.names import NODES_PREFIX
from tests.servers.ports import free_port
from tests.servers.process import ServerProcess

ETCD_PASSWORDS = {ROOT: "test-root-password", "gateway": "test-gateway-password"}


def etcd_password(user: str) -> str:
    """The password of a user that ``ask_for_passwords`` makes."""
    return ETCD_PASSWORDS.get(user, f"test-{user}-password")


def ask_for_passwords(endpoint: str, node_ids: Sequence[str]) -> None:
    """Makes the users of a gateway and of these nodes; a node's is named as it is. Nobody else gets in from then on."""
    nodes = {node_id: (node_id, etcd_password(node_id)) for node_id in node_ids}
    gateway = ("gateway", etcd_password("gateway"))
    EtcdUsers(endpoint, etcd_password(ROOT)).set_up(prefix=NODES_PREFIX, gateway=gateway, nodes=nodes)


class EtcdServer(ServerProcess):
    """On free ports with its data in ``directory``; asks nobody for a password until ``ask_for_passwords``."""

    def __init__(
        self,
        directory: Path,
        *,
        name: str = "etcd",
        peer_port: int = 0,
        cluster: Sequence[str] = (),
        extra: Sequence[str] = (),
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        peer = f"http://127.0.0.1:{peer_port or free_port()}"
        command = [
            *(str(find_program("etcd")), "--name", name, "--data-dir", str(directory / f"{name}-data")),
            *("--listen-client-urls", self.url, "--advertise-client-urls", self.url),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", ",".join(cluster) or f"{name}={peer}"),
            *("--heartbeat-interval", "50", "--election-timeout", "500", "--unsafe-no-fsync", "--log-level", "warn"),
            *("--bcrypt-cost", "4", *extra),
        ]
        super().__init__(name, command, directory / f"{name}.log")

    @property
    def endpoint(self) -> str:
        """``host:port``."""
        return f"127.0.0.1:{self.port}"

    @property
    def endpoints(self) -> list[str]:
        """As a cluster has them."""
        return [self.endpoint]

    @property
    def members(self) -> list[EtcdServer]:
        return [self]

    @property
    def url(self) -> str:
        return f"http://{self.endpoint}"

    def is_ready(self) -> bool:
        """True once there is a leader that this server can write through."""
        return self._call("GET", "/health").get("health") == "true"

    def is_leader(self) -> bool:
        status = self._call("POST", "/v3/maintenance/status", {})
        return bool(status["leader"] == status["header"]["member_id"])

    def clear(self) -> None:
        """Delete every key."""
        everything = base64.b64encode(b"\0").decode()
        self._call("POST", "/v3/kv/deleterange", {"key": everything, "range_end": everything})

    def _call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()
        return answer


class EtcdCluster:
    """Three members."""

    def __init__(self, directory: Path, *, size: int = 3) -> None:
        peers = [free_port() for _ in range(size)]
        members = [f"etcd-{index}=http://127.0.0.1:{port}" for index, port in enumerate(peers)]
        self.servers = [
            EtcdServer(directory / f"etcd-{index}", name=f"etcd-{index}", peer_port=port, cluster=members)
            for index, port in enumerate(peers)
        ]

    @property
    def members(self) -> list[EtcdServer]:
        return self.servers

    @property
    def endpoints(self) -> list[str]:
        """``host:port`` of each."""
        return [server.endpoint for server in self.servers]

    def start(self) -> None:
        """Return once every member can write."""
        for server in self.servers:
            server.start(wait=False)
        for server in self.servers:
            server.wait_ready()

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def leader(self) -> EtcdServer:
        """Raises LookupError while there is none."""
        for server in self.servers:
            if server.running and server.is_leader():
                return server
        raise LookupError("etcd has no leader")
