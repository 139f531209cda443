"""The one arena of all attacks: one node, one slot per language and role."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import docker
import pytest

from node.infrastructure.docker import DockerSettings
from tests.attacks.arena import Arena
from tests.attacks.pool_arena import PoolArena

_ALL = ("python", "javascript", "java", "cpp", "go")


@pytest.fixture(scope="session")
def arena(docker_engine: docker.DockerClient) -> Iterator[Arena]:
    node_id = f"attacked-{secrets.token_hex(4)}"
    names = os.environ.get("CODERUNNER_ATTACKED", ",".join(_ALL)).split(",")
    settings = DockerSettings(node_id=node_id, concurrency=1, compile_slots=1, retire_after=10_000)
    attacked = PoolArena(settings, names)
    yield attacked
    attacked.close()
    for container in docker_engine.containers.list(all=True, filters={"label": f"coderunner.node={node_id}"}):
        container.remove(force=True)
