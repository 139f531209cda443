"""One bus, one directory, a gateway in all its roles and a node: what the tests here do their worst to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.abuse.target import LANGUAGE, Target
from tests.servers import EtcdServer, NatsServer
from tests.servers.nats import ANY_POOL
from tests.servers.stack import Stack


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The stack that is attacked; every test leaves it at work."""
    directory = tmp_path_factory.mktemp("abuse")
    stack = Stack(directory, NatsServer(directory, roles=True, nodes={"node": [ANY_POOL]}), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        gateway = stack.add_gateway(
            roles=["api", "relay", "history"],
            history_url=f"sqlite:///{directory}/history.db",
            read_rate_per_s=0,
            history_migrate=True,
        )
        node = stack.add_node(sandbox="simulated", simulated_languages=[LANGUAGE], concurrency=8)
        yield Target(stack, gateway, node)
    finally:
        stack.close()
