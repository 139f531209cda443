"""A Docker engine of a test's own: its own socket, data and state, no network; killed and started at will."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import docker

from tests.servers.process import ServerProcess

_DATA = Path(tempfile.gettempdir())


class PrivateEngine(ServerProcess):
    """Its folder has a short name: a Unix socket's path is limited to 107 characters."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cr-engine-", dir=_DATA))
        command = [
            *("unshare", "--net"),  # an engine without a bridge removes the machine's own docker0
            *("dockerd", "--host", self.url, "--pidfile", str(self.folder / "dockerd.pid")),
            *("--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec")),
            *("--bridge=none", "--iptables=false", "--ip6tables=false", "--shutdown-timeout=1"),
        ]
        super().__init__("private-dockerd", command, self.folder / "dockerd.log")

    @property
    def url(self) -> str:
        return f"unix://{self.folder / 'docker.sock'}"

    def is_ready(self) -> bool:
        """Asked by hand: the SDK leaves a socket open where nobody answers."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(self.folder / "docker.sock"))
            line.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in line.recv(64)

    @contextmanager
    def client(self) -> Iterator[docker.DockerClient]:
        """While it answers."""
        client = docker.DockerClient(base_url=self.url, timeout=60)
        try:
            yield client
        finally:
            client.close()

    def copy_image(self, name: str) -> None:
        """From the machine's engine."""
        shared = docker.from_env(timeout=60)
        try:
            with self.client() as client:
                client.images.load(b"".join(shared.images.get(name).save(named=True)))
        finally:
            shared.close()

    def remove(self) -> None:
        """Ends it, its containers and its containerd, and deletes what it stored."""
        if not self.running:
            with suppress(RuntimeError):
                self.start()  # only an engine that runs can end what it left behind
        if self.running:
            with suppress(docker.errors.DockerException, OSError), self.client() as client:
                for container in client.containers.list(all=True, ignore_removed=True):
                    container.remove(force=True)
        self.stop(timeout_s=30)
        for mount in reversed(_mounts_below(self.folder)):
            subprocess.run(["umount", "-l", mount], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def _mounts_below(folder: Path) -> list[str]:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    return [mount for mount in mounts if mount.startswith(f"{folder}/")]


def kill_a_slot(url: str | None, node: str) -> None:
    """``docker kill`` of one of the node's containers; of the machine's engine where ``url`` is None. Blocks."""
    client = docker.DockerClient(base_url=url, timeout=60) if url else docker.from_env(timeout=60)
    try:
        client.containers.list(filters={"label": f"coderunner.node={node}"}, ignore_removed=True)[0].kill()
    finally:
        client.close()
