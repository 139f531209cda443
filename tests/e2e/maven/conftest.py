"""The one stack of all tests of Maven's packages, and their repository."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import docker
import pytest

from coderunner import Client
from tests.servers.maven_repository import MavenRepository
from tests.servers.package_index import PackageIndex
from tests.servers.package_stack import stack_with_packages
from tests.servers.stack import Stack


@pytest.fixture(scope="package")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MavenRepository]:
    index = PackageIndex(tmp_path_factory.mktemp("repository"))
    yield MavenRepository(index)
    index.close()


@pytest.fixture(scope="package")
def stack(
    repository: MavenRepository, docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A gateway, and a node whose Java has a repository."""
    directory = tmp_path_factory.mktemp("packages")
    indexes = {"maven": repository.url}
    with stack_with_packages(directory, docker_engine, repository.index, ["java"], indexes) as stack:
        yield stack


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[Client]:
    async with stack.client() as client:
        yield client
