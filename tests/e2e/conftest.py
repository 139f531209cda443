"""The one stack of all tests of judging, which need nothing but a gateway and a node with Docker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import docker
import pytest

from coderunner import Client
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

JUDGED = ("python", "cpp")


@pytest.fixture(scope="package")
def judging_stack(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A gateway, and a node for Python and C++."""
    directory = tmp_path_factory.mktemp("judging")
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        stack.add_gateway()
        stack.add_node(languages=list(JUDGED))
        asyncio.run(stack.wait_served(*JUDGED))
        yield stack
    finally:
        stack.close()


@pytest.fixture
async def client(judging_stack: Stack) -> AsyncIterator[Client]:
    async with judging_stack.client() as client:
        yield client
