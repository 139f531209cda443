"""A compose file of ``deploy/compose``, brought up with ports, passwords and a name of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
from docker.models.containers import Container

from dev import engine_api
from dev.compose import compose_command
from dev.paths import LOGS, REPOSITORY
from tests.servers.ports import free_port

COMPOSE = REPOSITORY / "deploy" / "compose"
IMAGE = "coderunner/services"
HEALTHY_WITHIN_S = 600.0
"""A node first makes its slots, and two cores make those of two nodes."""
_POLL_S = 0.5
_CHECKOUT = hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:6]
_PROJECT, _SERVICE = "com.docker.compose.project", "com.docker.compose.service"


class Project:
    """One compose file: ``up``, then its services can be asked, killed and started, then ``down``."""

    def __init__(self, file: str, nodes: Sequence[str], engine: docker.DockerClient, folder: Path) -> None:
        """``nodes``: the ids of its nodes, whose slots are removed with it."""
        self.name = f"coderunner-test-{Path(file).stem}-{_CHECKOUT}"
        self._file = COMPOSE / file
        self._nodes = nodes
        self._engine = engine
        self._env_file = folder / ".env"
        self._ports = {f"CODERUNNER_{name}_PORT": free_port() for name in ("GRPC", "HTTP", "PROMETHEUS")}

    @property
    def gateway(self) -> str:
        return f"127.0.0.1:{self._ports['CODERUNNER_GRPC_PORT']}"

    @property
    def prometheus(self) -> str:
        return f"http://127.0.0.1:{self._ports['CODERUNNER_PROMETHEUS_PORT']}"

    def refuse_beside_another(self) -> None:
        """To be asked before ``up``. Nodes find their slots by their id: two of one id would take each other's."""
        running = [
            one for one in self._engine.containers.list(ignore_removed=True) if one.attrs["Config"]["Image"] == IMAGE
        ]
        others = [one.name for one in running if one.labels.get(_PROJECT) != self.name]
        assert others == [], "CodeRunner runs under compose on this engine already: take it down first"

    def up(self) -> None:
        """Returns once every service is healthy, or has ended well where it is of those that end."""
        subprocess.run([sys.executable, COMPOSE / "credentials.py", self._env_file], check=True)
        self._compose("down", "--volumes", "--remove-orphans")  # what a run left that was killed
        self._remove_slots()
        self._compose("up", "--detach", "--no-build")
        self.wait_healthy()

    def down(self) -> None:
        """Removes containers, networks, volumes and the nodes' slots; keeps what the services said."""
        LOGS.mkdir(parents=True, exist_ok=True)
        said = self._compose("logs", "--no-color", check=False).stdout
        (LOGS / f"{self._file.stem}.log").write_text(said, encoding="utf-8")
        self._compose("down", "--volumes", "--remove-orphans", "--timeout", "60")
        self._remove_slots()

    def containers(self) -> dict[str, Container]:
        """Those of its services, running or not, by the service's name."""
        found = self._engine.containers.list(all=True, filters={"label": f"{_PROJECT}={self.name}"})
        return {one.labels[_SERVICE]: one for one in found}

    def wait_healthy(self) -> None:
        """Raises TimeoutError."""
        self._until(lambda: not self._waited_for())

    def ask(self, service: str, url: str) -> str:
        """What answers at the URL inside the service's container."""
        return self.inside(service, f"import urllib.request as u; print(u.urlopen({url!r}).read().decode())")

    def inside(self, service: str, program: str) -> str:
        """What this Python program prints in the service's container. Raises RuntimeError."""
        code, said = self.containers()[service].exec_run(["python3", "-c", program])
        text = b"".join([said] if isinstance(said, bytes) else said).decode()
        if code != 0:
            raise RuntimeError(f"{service}: {text[-500:]}")
        return text

    @contextmanager
    def without(self, service: str) -> Iterator[None]:
        """The service is killed, as by a failure of its machine, and comes back afterwards."""
        container = self.containers()[service]
        container.kill("SIGKILL")
        container.wait()
        try:
            yield
        finally:
            container.start()
        self.wait_healthy()

    def _waited_for(self) -> list[str]:
        """The services that are neither healthy nor ended well."""
        states = {name: container.attrs["State"] for name, container in self.containers().items()}
        return [name for name, state in states.items() if not _is_well(state)]

    def _until(self, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + HEALTHY_WITHIN_S
        while not there():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: not healthy in time: {', '.join(self._waited_for())}")
            time.sleep(_POLL_S)

    def _remove_slots(self) -> None:
        """An engine may still be creating some for a node that is gone: it is asked until there are none."""
        labels = [f"coderunner.node={node}" for node in self._nodes]
        self._until(lambda: not any(engine_api.remove_containers(label) for label in labels))

    def _compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        given = {
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG")
        }
        command = [*compose_command(), "--project-name", self.name, "--env-file", str(self._env_file)]
        done = subprocess.run(
            [*command, "--file", str(self._file), *arguments],
            env={
                **given,
                **{name: str(port) for name, port in self._ports.items()},
                "CODERUNNER_NODE_CONCURRENCY": "2",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"compose {arguments[0]} of {self._file.name}: {done.stdout[-2000:]}")
        return done


def _is_well(state: dict[str, Any]) -> bool:
    """Of a container, as the engine tells it: healthy, or at its end without a failure."""
    if "Health" in state:
        return bool(state["Status"] == "running" and state["Health"]["Status"] == "healthy")
    return bool(state["Status"] == "exited" and state["ExitCode"] == 0)
