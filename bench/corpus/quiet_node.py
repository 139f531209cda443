"""A bus, a directory, a gateway and a node of the corpus's own; and when that node does nothing any more."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
import psutil
from docker.models.containers import Container

from bench import host_cgroup
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Node, Stack

_LOOK_S = 0.25
_LOOKS = 2
"""In a row: between two things that it makes a node is quiet for a moment."""
_QUIET_SHARE = 0.1
"""Of one core; heartbeats and waiting pulls stay far below it."""
_PATIENCE_S = 180.0
"""Headers of a whole row of programs may have to be precompiled."""


class QuietNode:
    """The processor time of a node and its containers, and the end of what they do."""

    def __init__(self, client: docker.DockerClient, node: Node) -> None:
        self._client = client
        self._node = node

    async def settle(self) -> None:
        """Returns once they were idle for a moment, or after three minutes."""
        await asyncio.to_thread(self._settle)

    def _settle(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        before, quiet = self._cpu_s(), 0
        while time.monotonic() < deadline and quiet < _LOOKS:
            time.sleep(_LOOK_S)
            now = self._cpu_s()
            is_quiet = now - before < _LOOK_S * _QUIET_SHARE and not self._containers("precompiling")
            before, quiet = now, quiet + 1 if is_quiet else 0

    def _cpu_s(self) -> float:
        process = psutil.Process(self._node.pid)
        times = process.cpu_times()
        used = times.user + times.system
        for slot in self._containers("node"):
            with suppress(OSError, LookupError, docker.errors.NotFound):
                slot.reload()
                used += host_cgroup.cpu_s(int(slot.attrs["State"]["Pid"]))
        return used

    def _containers(self, label: str) -> list[Container]:
        """Of this node: its slots (``node``), or what makes precompiled headers for them."""
        return self._client.containers.list(filters={"label": f"coderunner.{label}={self._node.name}"})


@contextmanager
def own_stack(languages: Sequence[str]) -> Iterator[tuple[Stack, QuietNode]]:
    client = docker.from_env()
    with tempfile.TemporaryDirectory() as folder:
        nats, etcd = NatsServer(Path(folder)), EtcdServer(Path(folder))
        nats.start()
        etcd.start()
        stack = Stack(Path(folder), nats, etcd)
        try:
            stack.add_gateway()
            node = stack.add_node(wait=False, languages=list(languages))
            node.wait_ready()
            yield stack, QuietNode(client, node)
        finally:
            stack.close()
            client.close()
