"""The one stack of all tests of npm's packages, and their registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import docker
import pytest

from coderunner import Client
from tests.servers.npm_registry import NpmRegistry
from tests.servers.package_stack import stack_with_packages
from tests.servers.stack import Stack


@pytest.fixture(scope="package")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NpmRegistry]:
    one = NpmRegistry(tmp_path_factory.mktemp("registry"))
    yield one
    one.close()


@pytest.fixture(scope="package")
def stack(
    registry: NpmRegistry, docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A gateway, and a node whose JavaScript has a registry."""
    directory = tmp_path_factory.mktemp("packages")
    indexes = {"npm": registry.registry_url}
    with stack_with_packages(directory, docker_engine, registry, ["javascript"], indexes) as stack:
        yield stack


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[Client]:
    async with stack.client() as client:
        yield client
