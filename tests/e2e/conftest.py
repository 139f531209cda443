"""The one stack of all tests of judging, which need nothing but a gateway and a node with Docker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import docker
import pytest

from coderunner import Client
from dev.needs import FROM_NPM
from dev.paths import REPOSITORY
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

JUDGED = ("python", "cpp")
DIALECTS = ("codapi", "piston")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What npm fetches is tested where it is named."""
    named = {Path(argument.partition("::")[0]).absolute() for argument in config.args}
    return True if collection_path in {REPOSITORY / path for path in FROM_NPM} - named else None


@pytest.fixture(scope="package")
def judging_stack(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A gateway that speaks all dialects, and a node for Python and C++."""
    directory = tmp_path_factory.mktemp("judging")
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        stack.add_gateway(http_dialects=list(DIALECTS))
        stack.add_node(languages=list(JUDGED), sessions=40)
        asyncio.run(stack.wait_served(*JUDGED))
        yield stack
    finally:
        stack.close()


@pytest.fixture
async def client(judging_stack: Stack) -> AsyncIterator[Client]:
    async with judging_stack.client() as client:
        yield client


@pytest.fixture
def http_url(judging_stack: Stack) -> str:
    """Where the gateway serves HTTP, with no slash at its end."""
    return f"http://127.0.0.1:{judging_stack.gateways[0].http_port}"
