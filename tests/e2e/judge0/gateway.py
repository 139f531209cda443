"""A gateway that speaks Judge0, with all that is behind it, for the clients that others have published."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

LANGUAGES = ("python", "cpp", "bash")
BASH, PYTHON, CPP, MULTI_FILE = 46, 71, 54, 89
"""Judge0's numbers of languages."""
PATIENCE_S = 60.0
"""A busy machine must not look like a gateway that does not answer: these clients try nothing twice."""
TOKEN = "secret-of-the-judge"


@contextmanager
def judge0_gateway(directory: Path) -> Iterator[str]:
    """The address of a gateway that speaks Judge0 to those who have the token; a node has the languages."""
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        gateway = stack.add_gateway(
            http_dialects=["judge0"],
            nats_timeout_s=PATIENCE_S,
            tokens={"judge": TOKEN},
            history_url=f"sqlite:///{directory}/history.db",
            history_migrate=True,
            history="full",
        )
        stack.add_node(languages=list(LANGUAGES))
        asyncio.run(stack.wait_served(*LANGUAGES, token=TOKEN))
        yield f"http://127.0.0.1:{gateway.http_port}"
    finally:
        stack.close()
