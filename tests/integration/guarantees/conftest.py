"""One bus, one directory, two gateways for all of these tests; each has nodes, pools and languages of its own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack

import pytest
import pytest_asyncio

from tests.integration.guarantees.shared_stack import SharedStack
from tests.servers import EtcdServer, NatsServer
from tests.servers.nats import ANY_POOL
from tests.servers.stack import Stack


@pytest.fixture(scope="session")
def common_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The bus, the directory and the two gateways that all of them share."""
    directory = tmp_path_factory.mktemp("guarantees")
    stack = Stack(directory, NatsServer(directory, roles=True, nodes={"node": [ANY_POOL]}), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        gateways = [stack.add_gateway(wait=False) for _ in range(2)]
        for gateway in gateways:
            gateway.wait_ready()
        yield stack
    finally:
        stack.close()


@pytest_asyncio.fixture
async def shared(common_stack: Stack) -> AsyncIterator[SharedStack]:
    with ExitStack() as started:
        async with AsyncExitStack() as clients:
            yield SharedStack(common_stack, f"lang-{secrets.token_hex(4)}", started, clients)
