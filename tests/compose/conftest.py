"""These run where they are named: they bring up all of a compose file, and `make test` does without."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import docker
import pytest

from coderunner import Client
from tests.compose.project import Project

HERE = Path(__file__).parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    named = (Path(argument.partition("::")[0]).absolute() for argument in config.args)
    return None if any(path.is_relative_to(HERE) for path in named) else True


@pytest.fixture(scope="package", autouse=True)
def take_down_at_sigterm() -> Iterator[None]:
    """A run that is told to end leaves nothing behind, as at a Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def project(
    request: pytest.FixtureRequest, docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """The compose file of the module's ``FILE`` with the nodes of its ``NODES``, all of it up and healthy; gone
    afterwards, whatever happened."""
    one = Project(request.module.FILE, request.module.NODES, docker_engine, tmp_path_factory.mktemp("compose"))
    one.refuse_beside_another()
    try:
        one.up()
        yield one
    finally:
        one.down()


@pytest.fixture
async def client(project: Project) -> AsyncIterator[Client]:
    async with Client(project.gateway) as client:
        yield client
